"""What a manager does to a product without a script: facts, pictures, plans."""

import io
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from kirana.backoffice.product_form import form_values
from kirana.catalog.models import Picture, PlannedPrice
from kirana.catalog.queries import get_category, get_product
from tests.accounts.people import OWN_ORIGIN
from tests.catalog.drawings import picture
from tests.catalog.market import Market, open_market, product_row, rows


@pytest.fixture
def market(app: Any) -> Market:
    found = open_market()
    app.extensions["actor_loader"] = lambda: found.manager
    return found


def post(client: Any, path: str, data: dict[str, Any], **options: Any) -> Any:
    return client.post(path, data=data, headers=OWN_ORIGIN, **options)


def base(market: Market, slug: str) -> str:
    return f"/office/{market.store}/products/{slug}"


def file(data: bytes, name: str = "a.jpg") -> tuple[io.BytesIO, str]:
    return io.BytesIO(data), name


def form_of(market: Market, slug: str) -> dict[str, Any]:
    """The texts that the form is filled with."""
    return dict(form_values(get_product(market.manager, slug), "INR"))


def test_facts_are_typed_and_come_back(client: Any, market: Market) -> None:
    slug = market.sell("Bread")
    path = base(market, slug)
    typed = {
        "allergens": ["milk", "gluten"], "may_contain": ["nuts"], "ingredients": "Wheat, milk",
        "fat_mg": "1,25", "energy_kcal": "250", "best_before_days": "4",
        "family": "Bread of the house",
    }  # fmt: skip
    answer = post(client, path, form_of(market, slug) | typed)
    assert answer.status_code == 303, answer.text
    found = get_product(market.manager, slug)
    assert (found.allergens, found.may_contain) == (["gluten", "milk"], ["nuts"])
    assert found.nutrition is not None
    assert (found.nutrition.fat_mg, found.nutrition.energy_kcal) == (1250, 250)
    assert (found.family, found.best_before_days) == ("bread-of-the-house", 4)
    again = form_of(market, slug)
    assert (again["fat_mg"], again["family"]) == ("1.25", "bread of the house")
    page = client.get(path).text
    assert re.search(r'name="allergens" value="milk" checked', page)
    assert not re.search(r'name="allergens" value="eggs" checked', page)


def test_a_refused_form_keeps_what_was_typed(client: Any, market: Market) -> None:
    slug = market.sell("Bread")
    path = base(market, slug)
    typed = {"allergens": ["milk"], "diet": "vegan", "fat_mg": "3"}
    answer = post(client, path, form_of(market, slug) | typed)
    assert answer.status_code == 422
    assert "vegan does not go with milk" in answer.text
    assert re.search(r'name="allergens" value="milk" checked', answer.text)
    wrong = post(client, path, form_of(market, slug) | {"salt_mg": "much"})
    assert "write a number, such as 3.5" in wrong.text


def test_several_pictures_are_added_and_put_in_order(client: Any, market: Market) -> None:
    slug = market.sell()
    path = base(market, slug)
    several = {"pictures": [file(picture()), file(picture("PNG")), file(picture("WEBP"))]}
    answer = post(client, f"{path}/pictures", several, content_type="multipart/form-data")
    assert answer.status_code == 303, answer.text
    one, two, three = (row.file for row in rows(Picture))

    def act(name: str, deed: str, **more: str) -> list[str]:
        done = post(client, f"{path}/pictures/{name}", {"act": deed, **more})
        assert done.status_code == 303, done.text
        return [row.file for row in sorted(rows(Picture), key=lambda row: row.position)]

    assert act(three, "earlier") == [one, three, two]
    assert act(one, "later") == [three, one, two]
    assert act(two, "first") == [two, three, one]
    assert act(two, "earlier") == [two, three, one]
    assert act(one, "later") == [two, three, one]
    assert act(three, "remove") == [two, one]
    act(one, "save", alt="The back")
    assert 'value="The back"' in client.get(path).text


def test_one_that_is_no_picture_says_so_and_the_others_stay(client: Any, market: Market) -> None:
    path = base(market, market.sell())
    several = {"pictures": [file(picture()), file(b"nothing")]}
    answer = post(client, f"{path}/pictures", several, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "not a picture" in answer.text
    assert len(rows(Picture)) == 1
    none = post(client, f"{path}/pictures", {"pictures": ""})
    assert none.status_code == 422
    assert "choose at least one file" in none.text


def test_each_file_counts_as_an_upload(app: Any, client: Any, market: Market) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], upload_per_hour=3)
    path = f"{base(market, market.sell())}/pictures"
    for files, status in ((2, 303), (2, 429)):
        several = {"pictures": [file(picture()) for _ in range(files)]}
        answer = post(client, path, several, content_type="multipart/form-data")
        assert answer.status_code == status
    assert len(rows(Picture)) == 2


def test_a_price_is_planned_on_the_clock_of_the_store(client: Any, market: Market) -> None:
    path = base(market, market.sell(price=9900))
    typed = {"plan_price": "89.50", "plan_was": "99", "due_at": "2027-03-01T06:00"}
    assert post(client, f"{path}/plans", typed).status_code == 303
    (plan,) = rows(PlannedPrice)
    assert (plan.amount_minor, plan.was_minor) == (8950, 9900)
    assert plan.due_at == datetime(2027, 3, 1, 0, 30, tzinfo=UTC)  # Asia/Kolkata
    page = client.get(path).text
    assert "1 Mar 2027, 06:00" in page
    wrong = post(client, f"{path}/plans", typed | {"plan_was": "1", "due_at": "2027-03-02T06:00"})
    assert wrong.status_code == 422
    assert "must be above the price" in wrong.text
    assert 'value="89.50"' in wrong.text
    assert post(client, f"{path}/plans/{plan.uid}/cancellation", {}).status_code == 303
    again = post(client, f"{path}/plans/{plan.uid}/cancellation", {})
    assert again.status_code == 409


def test_a_draft_is_planned_to_go_on_sale(client: Any, market: Market) -> None:
    slug = market.draft()
    path = base(market, slug)
    typed = {"seen": "1", "publish_at": "2027-03-01T06:00"}
    assert post(client, f"{path}/publication-plan", typed).status_code == 303
    assert product_row(slug).publish_at == datetime(2027, 3, 1, 0, 30, tzinfo=UTC)
    assert 'value="2027-03-01T06:00"' in client.get(path).text
    assert post(client, f"{path}/publication-plan", typed).status_code == 412
    past = post(client, f"{path}/publication-plan", {"seen": "2", "publish_at": "2020-01-01T06:00"})
    assert past.status_code == 422
    off = post(client, f"{path}/publication-plan", {"seen": "2", "publish_at": ""})
    assert off.status_code == 303
    assert product_row(slug).publish_at is None


def test_a_shelf_is_made_in_the_colour_of_its_department(
    app: Any, client: Any, market: Market
) -> None:
    app.extensions["actor_loader"] = lambda: market.admin
    made = post(client, "/office/categories", {"name": "Milk", "parent": market.shelf, "well": ""})
    assert made.status_code == 303, made.text
    assert (get_category("milk").well, get_category("milk").own_well) == ("sky", False)
    page = client.get("/office/categories").text
    assert 'data-depth="1"' in page
    post(client, "/office/categories/milk", {"name": "Milk", "parent": "drinks", "well": "mint"})
    assert get_category("milk").well == "mint"
