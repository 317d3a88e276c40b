"""What is in a product: facts that agree, a family of sizes, and what the public is told."""

from dataclasses import replace
from typing import Any

import pytest

from kirana.catalog.facts import (
    ALLERGENS,
    Nutrition,
    grams_text,
    in_order,
    measured_in,
    nutrition_lines,
)
from kirana.catalog.inputs import ProductChanges
from kirana.catalog.queries import catalog_version, get_product
from kirana.catalog.services.products import edit_product, hide_product
from kirana.platform.audit import AuditEvent
from kirana.platform.errors import Forbidden, Invalid, NotFound
from kirana.stock.queries import find_product_page
from kirana.storefront.product_page import size_values
from tests.accounts.people import API
from tests.catalog.market import Market, make_actor, make_store, open_market, product_row, rows


@pytest.fixture
def market(database: object) -> Market:
    return open_market()


BREAD = {
    "ingredients": "Wheat flour, water, salt",
    "allergens": ["gluten"],
    "may_contain": ["sesame", "nuts", "sesame"],
    "nutrition": Nutrition(energy_kcal=250, fat_mg=1200, saturates_mg=200, salt_mg=0),
    "best_before_days": 4,
    "diet": ["vegan"],
}


def test_facts_are_kept_and_told(market: Market) -> None:
    slug = market.sell("Bread", **BREAD)
    row = product_row(slug)
    assert (row.allergens, row.may_contain) == (["gluten"], ["nuts", "sesame"])
    assert row.nutrition == {"energy_kcal": 250, "fat_mg": 1200, "saturates_mg": 200, "salt_mg": 0}
    page = find_product_page(slug)
    assert page is not None
    assert page.facts.nutrition == BREAD["nutrition"]
    assert page.facts.allergens == ("gluten",)
    assert (page.facts.best_before_days, page.facts.measured_in) == (4, "g")


def test_an_edit_of_facts_is_audited_and_seen_at_once(market: Market) -> None:
    slug = market.sell("Bread", **BREAD)
    before = catalog_version()
    changes = ProductChanges(nutrition=None, allergens=["milk", "gluten"], diet=[])
    edit_product(market.manager, slug, changes)
    assert catalog_version() == before + 1
    assert get_product(market.manager, slug).nutrition is None
    (deed,) = [row for row in rows(AuditEvent) if row.action == "product_edited"]
    assert deed.before["allergens"] == ["gluten"]
    assert deed.after == {"nutrition": {}, "allergens": ["gluten", "milk"], "diet": []}


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"may_contain": ["gluten"]}, "/may_contain"),
        ({"allergens": ["milk"]}, "/diet"),
        ({"diet": ["Gluten-Free"]}, "/diet"),
        ({"diet": ["vegetarian"], "allergens": ["fish"]}, "/diet"),
        ({"nutrition": Nutrition(fat_mg=1, saturates_mg=2)}, "/nutrition"),
        ({"nutrition": Nutrition(carbohydrate_mg=1, sugars_mg=2)}, "/nutrition"),
        ({"nutrition": Nutrition(fat_mg=60_000, protein_mg=40_001)}, "/nutrition"),
    ],
)
def test_facts_that_contradict_each_other(
    market: Market, changes: dict[str, Any], pointer: str
) -> None:
    slug = market.sell("Bread", **BREAD)
    with pytest.raises(Invalid) as refused:
        edit_product(market.manager, slug, ProductChanges(**changes))
    assert [error["pointer"] for error in refused.value.errors] == [pointer]
    assert product_row(slug).version == 2


def test_traces_do_not_break_a_diet(market: Market) -> None:
    changes = ProductChanges(may_contain=["milk", "eggs"])
    slug = market.sell("Bread", **BREAD)
    assert edit_product(market.manager, slug, changes).may_contain == ["eggs", "milk"]


def test_the_table_of_nutrition() -> None:
    lines = nutrition_lines(
        Nutrition(energy_kcal=64, fat_mg=3600, saturates_mg=2300, sugars_mg=4700, salt_mg=80)
    )
    assert [(line.label, line.text, line.is_part) for line in lines] == [
        ("Energy", "268 kJ / 64 kcal", False),
        ("Fat", "3.6 g", False),
        ("of which saturates", "2.3 g", True),
        ("of which sugars", "4.7 g", True),
        ("Salt", "0.08 g", False),
    ]
    assert nutrition_lines(None) == ()
    assert [grams_text(value) for value in (0, 1, 500, 12_000)] == ["0", "0.001", "0.5", "12"]
    assert (measured_in("each", "ml"), measured_in("g", None)) == ("ml", "g")
    assert in_order(["soybeans", "gluten", "soybeans"]) == ["gluten", "soybeans"]
    assert len(ALLERGENS) == 14


def test_over_http_only_what_is_on_the_list(app: Any, market: Market) -> None:
    app.extensions["actor_loader"] = lambda: market.manager
    client, slug = app.test_client(), market.sell("Bread", **BREAD)
    path = f"{API}/products/{slug}"
    for body, pointer in (
        ({"allergens": ["plutonium"]}, "/allergens/0"),
        ({"nutrition": {"energy_kcal": 901}}, "/nutrition/energy_kcal"),
        ({"nutrition": {"vitamin_c": 1}}, "/nutrition/vitamin_c"),
        ({"best_before_days": 0}, "/best_before_days"),
        ({"family": "Two words"}, "/family"),
    ):
        answer = client.patch(path, json=body)
        assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, pointer), body
    told = client.get(path).json
    assert told["facts"]["allergens"] == ["gluten"]
    assert told["facts"]["nutrition"]["fat_mg"] == 1200
    assert told["facts"]["nutrition"]["protein_mg"] is None
    assert (told["sizes"], told["pictures"]) == ([], [])


def rice(market: Market, title: str, price: int, size: int, **more: Any) -> str:
    facts = {"family": "rice", "pack_size": size, "pack_unit": "g", "size_text": f"{size} g"}
    return market.sell(title, price, **{**facts, **more})


def test_the_sizes_of_a_family_are_shown_with_what_a_kilogram_costs(market: Market) -> None:
    large = rice(market, "Rice large", 40_000, 5000)
    small = rice(market, "Rice small", 10_000, 1000)
    market.sell("Rice alone", 9000)
    market.draft("Rice draft", 9000, family="rice")
    page = find_product_page(small)
    assert page is not None
    assert [item.slug for item in page.sizes] == [small, large]
    shown = [
        (each["text"], each["unit_price_text"], each["is_here"], each["is_best"])
        for each in size_values(page, "INR")
    ]
    assert shown == [("1000 g", "₹100/kg", True, False), ("5000 g", "₹80/kg", False, True)]


def test_no_size_is_best_where_they_cost_the_same_or_cannot_be_compared(market: Market) -> None:
    first = rice(market, "Rice a", 10_000, 1000)
    rice(market, "Rice b", 20_000, 2000)
    page = find_product_page(first)
    assert page is not None
    assert not any(each["is_best"] for each in size_values(page, "INR"))
    rice(market, "Rice milk", 5000, 1000, pack_unit="ml")
    page = find_product_page(first)
    assert page is not None
    assert len(page.sizes) == 3
    assert not any(each["is_best"] for each in size_values(page, "INR"))


def test_a_family_is_of_one_store_and_of_what_is_on_sale(market: Market) -> None:
    mine, other = rice(market, "Rice a", 100, 1000), rice(market, "Rice b", 100, 2000)
    store, store_id = make_store()
    elsewhere = replace(market, store=store, manager=make_actor("manager", store_id))
    rice(elsewhere, "Rice c", 100, 3000)
    hide_product(market.manager, other)
    page = find_product_page(mine)
    assert page is not None
    assert page.sizes == ()
    edit_product(market.manager, mine, ProductChanges(family=""))
    assert product_row(mine).family == ""


def test_who_may_put_a_product_into_a_family(market: Market) -> None:
    slug = market.draft()
    for actor, refusal in (
        (market.stranger, NotFound), (make_actor("customer"), Forbidden), (market.admin, Forbidden),
    ):  # fmt: skip
        with pytest.raises(refusal):
            edit_product(actor, slug, ProductChanges(family="rice"))
    assert product_row(slug).family == ""
