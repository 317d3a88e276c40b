"""Amounts that are typed, taken out and brought back, with scripts and without."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from kirana.cart.services import set_line
from kirana.catalog.units import grid_text, typed_quantity, typed_text
from tests.cart.goods import change_product, make_person, set_stock
from tests.catalog.market import Market
from tests.checkout.calling import bearer_of

pytestmark = pytest.mark.on_database("sqlite")
OURS = {"Origin": "http://localhost"}
RICE = {"unit": "g", "increment": 50, "minimum": 100, "stock": 9000}


@pytest.mark.parametrize(
    ("text", "unit", "steps"),
    [
        ("3", "each", 3), ("0", "each", 0), ("1.5", "each", None), ("3 kg", "each", None),
        ("1.35", "g", 1350), ("1,35", "g", 1350), (" 1.35 KG ", "g", 1350), ("500 g", "g", 500),
        ("0.5 l", "ml", 500), ("750ml", "ml", 750), ("0.0005", "g", None), ("2 l", "g", None),
        ("", "g", None), ("-1", "g", None), ("1e3", "g", None), ("٣", "each", 3),
        ("9999999999", "g", None),
    ],
)  # fmt: skip
def test_what_is_typed(text: str, unit: str, steps: int | None) -> None:
    assert typed_quantity(text, unit) == steps


def test_the_field_says_what_it_reads() -> None:
    for quantity in (1, 50, 100, 1000, 1350, 20_000, 999_999):
        for unit in ("each", "g", "ml"):
            assert typed_quantity(typed_text(quantity, unit), unit) == quantity
    assert typed_text(1350, "g") == "1.35"
    assert typed_text(20_000, "ml") == "20"
    assert grid_text(50, 100, "g") == "in steps of 50 g, from 100 g"
    assert grid_text(250, 250, "g") == "in steps of 250 g"
    assert grid_text(1, 1, "each") == ""


def post(client: Any, **form: str) -> Any:
    return client.post("/basket/lines", data=form, headers=OURS)


def held(client: Any) -> list[int]:
    return [line["quantity"]["value"] for line in client.get("/api/v1/cart").json["lines"]]


def test_a_typed_amount_counts_whichever_button_sends_it(client: Any, market: Market) -> None:
    rice = market.sell("Rice", 9000, **RICE)
    page = client.get(f"/products/{rice}").text
    assert "in steps of 50 g, from 100 g" in page
    assert 'name="shown" value="0.1"' in page
    post(client, product=rice, unit="g", shown="0.1", amount="0.1", change="+")
    assert held(client) == [100]
    post(client, product=rice, unit="g", shown="0.1", amount="0.1", change="+", times="3")
    assert held(client) == [250]
    post(client, product=rice, unit="g", shown="0.25", amount="5", change="+")
    assert held(client) == [5000]
    post(client, product=rice, unit="g", shown="5", amount="1350 g", change="=")
    assert held(client) == [1350]
    post(client, product=rice, unit="g", shown="1.35", amount="1.35", change="-", times="2")
    assert held(client) == [1250]
    post(client, product=rice, unit="g", shown="1.25", amount="0", change="=")
    assert held(client) == []


def test_what_cannot_be_is_said_with_what_can(client: Any, market: Market) -> None:
    rice = market.sell("Rice", 9000, **RICE)
    post(client, product=rice, unit="g", shown="0.1", amount="1.33", change="=")
    assert "This is sold in steps: 1.3 kg or 1.35 kg is possible." in client.get("/basket").text
    post(client, product=rice, unit="g", shown="0.1", amount="a bit", change="=")
    assert "Write how much in kg, such as 0.5." in client.get("/basket").text
    post(client, product=rice, unit="g", shown="0.1", amount="0.1", change="+", times="1001")
    assert held(client) == []


def test_a_line_that_falls_short_offers_what_there_is(client: Any, market: Market) -> None:
    rice, eggs = market.sell("Rice", 9000, **RICE), market.sell("Eggs", 900)
    buyer = make_person()
    for slug, quantity in ((rice, 1350), (eggs, 8)):
        set_line(buyer, slug, quantity)
    client.set_cookie("access", bearer_of(buyer))
    set_stock(rice, 1249)
    set_stock(eggs, 2)
    page = client.get("/basket").text
    assert 'name="quantity" value="1200">Take 1.2 kg<' in page
    assert 'name="quantity" value="2">Take 2<' in page
    assert post(client, product=eggs, quantity="2").status_code == 303
    change_product(rice, increment=1000, minimum=1000)
    assert 'value="1000">Take 1 kg<' in client.get("/basket").text
    assert "Take 2 kg" not in client.get("/basket").text


def test_what_was_taken_out_comes_back(client: Any, market: Market) -> None:
    rice = market.sell("Rice", 9000, **RICE)
    post(client, product=rice, quantity="1350")
    assert 'aria-label="Remove Rice"' in client.get("/basket").text
    post(client, product=rice, quantity="0", change="", shown="1.35", amount="1.35", unit="g")
    page = client.get("/basket").text
    assert "Rice was taken out." in page
    assert '<input type="hidden" name="quantity" value="1350">' in page
    assert held(client) == []
    assert post(client, product=rice, quantity="1350", return_to="/basket").status_code == 303
    assert "was taken out" not in client.get("/basket").text
    typed = {"shown": "1.35", "amount": "0", "unit": "g"}
    post(client, product=rice, change="=", **typed)
    assert "Rice was taken out." in client.get("/basket").text, "by a typed nought too"
    post(client, product=rice, quantity="1350")
    assert held(client) == [1350]


# ---- in a browser


def basket_total(page: Page) -> Any:
    return page.locator("[data-basket-total]").first


def test_many_taps_are_few_writes(page: Page, market: Market, address: str) -> None:
    rice = market.sell("Rice", 9000, **RICE)
    writes: list[str] = []
    page.on("request", lambda sent: writes.append(sent.url) if sent.method == "POST" else None)
    page.goto(f"{address}/products/{rice}")
    # In the page, so that the pace of the taps is not that of a busy machine.
    page.locator(".product-buy [value='+']").evaluate(
        "x => { for (let n = 0; n < 26; n++) x.click() }"
    )
    expect(page.locator("#basket-panel output")).to_have_text("1.35 kg")
    expect(basket_total(page)).to_have_text("₹121.50")
    assert len(writes) <= 3
    page.reload()
    expect(page.locator("[name='amount']")).to_have_value("1.35")


def test_taps_go_along_with_who_goes_on(page: Page, market: Market, address: str) -> None:
    eggs = market.sell("Eggs", 900)
    page.goto(f"{address}/products/{eggs}")
    for _ in range(4):
        page.locator(".product-buy [value='+']").click()
    page.locator("a.basket-button").click()
    expect(page.get_by_role("heading", name="Your basket")).to_be_visible()
    expect(page.locator("#basket-page [name='amount']")).to_have_value("4")


def test_an_amount_is_typed(page: Page, market: Market, address: str) -> None:
    rice = market.sell("Rice", 9000, **RICE)
    page.goto(f"{address}/products/{rice}")
    field = page.get_by_label("Amount of Rice in kg")
    field.fill("5")
    page.get_by_role("button", name="Add to basket").click()
    expect(page.locator("#basket-panel output")).to_have_text("5 kg")
    page.goto(f"{address}/basket")
    field = page.get_by_label("Amount of Rice in kg")
    field.fill("1.33")
    field.press("Enter")
    expect(page.locator("#basket-page .stepper-error")).to_contain_text("1.3 kg or 1.35 kg")
    expect(field).to_have_value("1.33")
    field.fill("1.35")
    field.press("Enter")
    expect(page.locator(".summary-total dd")).to_have_text("₹121.50")
    expect(page.locator("#basket-page .stepper-error")).to_be_empty()
    page.get_by_role("button", name="Remove Rice").click()
    expect(page.get_by_text("Your basket is empty")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_label("Amount of Rice in kg")).to_have_value("1.35")


def test_an_amount_is_typed_without_scripts(
    new_page: Callable[..., Page], market: Market, address: str
) -> None:
    rice = market.sell("Rice", 9000, **RICE)
    page = new_page(java_script_enabled=False)
    page.goto(f"{address}/products/{rice}")
    page.get_by_label("Amount of Rice in kg").fill("2.5")
    page.get_by_label("Amount of Rice in kg").press("Enter")
    page.goto(f"{address}/basket")
    expect(page.get_by_label("Amount of Rice in kg")).to_have_value("2.5")
    page.get_by_role("button", name="Remove Rice").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_label("Amount of Rice in kg")).to_have_value("2.5")
