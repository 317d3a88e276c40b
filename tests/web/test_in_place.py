"""What our modules change without a page load, and the same without scripts."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.catalog.market import Market

pytestmark = pytest.mark.on_database("sqlite")

AT_ONCE = """
button => {
  const form = button.closest("form");
  button.click();
  return [form.dataset.quantity, form.querySelector("output").textContent];
}
"""


def card(page: Page, slug: str) -> Locator:
    return page.locator(f'.product-card [data-stepper="{slug}"]')


def plus(page: Page, slug: str) -> Locator:
    return card(page, slug).locator('[value="+"]')


def stay(page: Page) -> None:
    """Leave a mark that a page load would wipe out."""
    page.evaluate("window.stayed = true")


def has_stayed(page: Page) -> Any:
    return page.evaluate("window.stayed === true")


def test_a_plus_counts_before_the_server_has_answered(
    page: Page, market: Market, address: str
) -> None:
    oats = market.sell("Oat milk", 9900)
    page.goto(f"{address}/products")
    stay(page)
    assert plus(page, oats).evaluate(AT_ONCE) == ["1", "1"]
    expect(page.locator("[data-basket-total]").first).to_have_text("₹99")
    expect(page.locator("#basket-panel .product-row")).to_have_count(1)
    plus(page, oats).click()
    expect(page.locator("#basket-panel output")).to_have_text("2")
    page.locator("#basket-panel [value='-']").click()
    expect(card(page, oats).locator("output")).to_have_text("1")
    assert has_stayed(page)


def test_weights_step_by_what_may_be_ordered(page: Page, market: Market, address: str) -> None:
    figs = market.sell("Figs", 40000, stock=5000, unit="g", increment=250, minimum=500)
    page.goto(f"{address}/products")
    for seen in ("500 g", "750 g", "1 kg", "1.25 kg"):
        plus(page, figs).click()
        expect(card(page, figs).locator("output")).to_have_text(seen)
    expect(page.locator("#basket-panel output")).to_have_text("1.25 kg")
    expect(page.locator("[data-basket-total]").first).to_have_text("₹500")


def test_a_refusal_puts_the_number_back_and_says_why(
    page: Page, market: Market, address: str
) -> None:
    rare = market.sell("Saffron", 50000, stock=2)
    page.goto(f"{address}/products")
    for _ in range(3):
        plus(page, rare).click()
    told = card(page, rare).locator(".stepper-error")
    expect(told).not_to_be_empty()
    expect(card(page, rare)).to_have_attribute("data-quantity", "2")
    expect(page.locator("[data-basket-total]").first).to_have_text("₹1,000")
    expect(page.locator("[data-basket-spoken]").first).to_have_text("Basket, 1 item, ₹1,000")


def test_a_known_limit_is_kept_without_asking_until_a_minus(
    page: Page, market: Market, address: str
) -> None:
    rare, oats = market.sell("Saffron", 50000, stock=1), market.sell("Oat milk", 9900)
    answers: list[int] = []
    page.on("response", lambda answer: answers.append(answer.status))
    page.goto(f"{address}/products")
    for _ in range(2):
        plus(page, rare).click()
    expect(plus(page, rare)).to_have_attribute("aria-disabled", "true")
    plus(page, oats).click()
    expect(page.locator("[data-basket-spoken]").first).to_have_text("Basket, 2 items, ₹599")
    in_panel = page.locator(f'#basket-panel [data-stepper="{rare}"]')
    expect(in_panel.locator(".stepper-error")).not_to_be_empty()
    below = in_panel.locator(".stepper-error").bounding_box()
    name = page.locator("#basket-panel .product-row-name").first.bounding_box()
    assert below is not None
    assert name is not None
    assert below["x"] == name["x"]  # on a line of its own, so the name keeps its room
    in_panel.locator("[value='+']").click(force=True)
    expect(in_panel).to_have_attribute("data-quantity", "1")
    in_panel.locator("[value='-']").click()
    expect(plus(page, rare)).not_to_have_attribute("aria-disabled", "true")
    expect(card(page, rare).locator(".stepper-error")).to_be_empty()
    assert answers.count(409) == 1


def test_without_a_connection_the_number_goes_back(
    page: Page, market: Market, address: str
) -> None:
    oats = market.sell("Oat milk", 9900)
    page.goto(f"{address}/products")
    page.context.set_offline(True)
    plus(page, oats).click()
    expect(card(page, oats).locator(".stepper-error")).to_contain_text("No connection")
    expect(card(page, oats)).to_have_attribute("data-quantity", "0")


def test_the_sums_of_the_basket_page_follow(page: Page, market: Market, address: str) -> None:
    oats = market.sell("Oat milk", 9900)
    page.goto(f"{address}/products")
    plus(page, oats).click()
    expect(page.locator("#basket-panel .product-row")).to_have_count(1)
    page.goto(f"{address}/basket")
    stay(page)
    page.locator("#basket-page [value='+']").click()
    expect(page.locator(".summary-total dd")).to_have_text("₹198")
    assert has_stayed(page)


def test_filters_change_the_list_and_back_undoes_them(
    page: Page, market: Market, address: str
) -> None:
    market.sell("Oat milk", 9900)
    market.sell("Almond milk", 25000)
    market.sell("Rice milk", 5000, stock=0)
    page.goto(f"{address}/products")
    stay(page)
    count = page.locator("#product-count")
    expect(count).to_have_text("3 products")
    page.get_by_text("In stock").first.click()
    expect(count).to_have_text("2 products")
    page.locator("summary").click()
    page.get_by_label("Up to").fill("100")
    page.keyboard.press("Enter")
    expect(count).to_have_text("1 product")
    assert "in_stock=1" in page.url
    assert "max_price=100" in page.url
    expect(page.locator("[data-price-name]")).to_have_text("Up to ₹100")
    page.go_back()
    expect(count).to_have_text("2 products")
    expect(page.locator("[data-price-name]")).to_have_text("Price")
    page.go_back()
    expect(count).to_have_text("3 products")
    assert not page.get_by_label("In stock").is_checked()
    assert has_stayed(page)


def test_the_last_good_list_stays_when_the_server_cannot_be_reached(
    page: Page, market: Market, address: str
) -> None:
    market.sell("Oat milk", 9900)
    page.goto(f"{address}/products")
    page.context.set_offline(True)
    page.get_by_text("In stock").first.click()
    expect(page.locator("#list-problem")).to_contain_text("No connection")
    expect(page.locator(".product-card")).to_have_count(1)
    page.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#list-problem")).to_have_count(0)
    assert "in_stock=1" in page.url


def test_slash_goes_to_the_search_and_escape_back(page: Page, market: Market, address: str) -> None:
    page.goto(f"{address}/products")
    page.locator(".rail a").first.focus()
    page.keyboard.press("/")
    expect(page.locator("#search-input")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".rail a").first).to_be_focused()


def test_the_colours_are_remembered_by_the_server(page: Page, market: Market, address: str) -> None:
    page.goto(f"{address}/products")
    page.get_by_label("Switch light or dark").click()
    chosen = page.locator("html").get_attribute("data-theme")
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == chosen
    assert f'data-theme="{chosen}"' in page.request.get(f"{address}/products").text()


def test_without_scripts_steppers_and_filters_are_plain_forms(
    new_page: Callable[..., Page], market: Market, address: str
) -> None:
    oats = market.sell("Oat milk", 9900)
    market.sell("Rice milk", 5000, stock=0)
    page = new_page(java_script_enabled=False)
    page.goto(f"{address}/products?sort=price")
    plus(page, oats).click()
    assert page.url == f"{address}/products?sort=price"
    expect(card(page, oats).locator("output")).to_have_text("1")
    page.get_by_text("In stock").first.click()
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("#product-count")).to_have_text("1 product")
    expect(page.get_by_label("Switch light or dark")).to_be_hidden()
