"""Search in a browser: suggestions by keyboard, facets that change the list, no scripts."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from kirana.catalog.inputs import NewCategory
from kirana.catalog.services.categories import create_category
from kirana.platform.config import Settings
from kirana.search import reading
from tests.catalog.market import Market
from tests.journeys.accessibility import violations
from tests.search.indexing import Index

pytestmark = pytest.mark.on_database("sqlite")


@pytest.fixture
def shelves(
    market: Market, app: Any, settings: Settings, tmp_path: Path
) -> Iterator[dict[str, str]]:
    """Some goods in an index; their slugs."""
    soap = create_category(market.admin, NewCategory(name="Soap", well="sand")).slug
    found = {
        "assam": market.sell("Assam tea", 20000, brand="Tata", diet=["vegan"], allergens=["nuts"]),
        "green": market.sell("Green tea", 30000, brand="Wagh", may_contain=["milk"]),
        "tree": market.sell("Tea tree soap", 5000, brand="Tata", category=soap, stock=0),
        "milk": market.sell("Oat milk", 9900, brand="Alpro"),
    }
    index = Index(tmp_path / "search", settings.database)
    reading.use(index.folder.path)
    index.step()
    yield found
    index.folder.unlock()
    reading.use(settings.home / "search")


@pytest.fixture
def still(new_page: Callable[..., Page]) -> Page:
    """A page in which nothing moves, so that colours are at rest when axe looks."""
    return new_page(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")


def names(page: Page) -> Any:
    return expect(page.locator(".product-card .product-name"))


def test_allergens_are_left_out_and_nothing_is_promised(
    still: Page, address: str, shelves: dict[str, str]
) -> None:
    page = still
    page.goto(f"{address}/search?q=tea&without=plutonium")
    count, chip = page.locator("#product-count"), page.locator("summary", has_text="Leave out")
    expect(count).to_have_text("3 products")
    expect(page.get_by_role("alert")).to_contain_text("“plutonium” is no allergen")
    chip.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Milk")).to_be_focused()
    page.keyboard.press("Space")
    expect(count).to_have_text("2 products")
    expect(page.locator("summary", has_text="Without milk")).to_have_attribute("aria-current", "")
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.locator(".understood")).to_contain_text(
        "Where a maker says nothing, read the pack."
    )
    assert "without=milk" in page.url
    assert violations(page) == []
    page.get_by_label("Tree nuts").check()
    expect(count).to_have_text("1 product")
    expect(page.locator("summary", has_text="Without milk and tree nuts")).to_be_visible()
    page.go_back()
    expect(count).to_have_text("2 products")
    expect(page.get_by_label("Tree nuts")).not_to_be_checked()
    page.goto(f"{address}/products?without=nuts&without=Milk")
    expect(page.locator(".product-card")).to_have_count(2)
    expect(page.locator(".understood")).to_contain_text("milk and tree nuts is left out")
    page.goto(f"{address}/search?q=assamm&without=milk")
    expect(page.get_by_role("link", name="assam", exact=True)).to_have_attribute(
        "href", "/search?q=assam&without=milk"
    )
    page.goto(f"{address}/search?q=tea&without=celery&brand=teaPot")
    expect(page.get_by_label("Celery")).to_be_checked()
    expect(page.get_by_label("Brand").locator("option").last).to_have_text("TeaPot")
    expect(page.locator("#product-list")).to_contain_text("No product fits all of these at once.")


def test_facets_change_list_count_address_and_title_by_keyboard(
    still: Page, address: str, shelves: dict[str, str]
) -> None:
    page = still
    page.goto(f"{address}/search?q=tea")
    count, brand = page.locator("#product-count"), page.locator("select[name=brand]")
    expect(count).to_have_text("3 products")
    expect(brand.locator("option")).to_have_text(["All brands", "Tata (2)", "Wagh (1)"])
    page.evaluate("window.stayed = true")

    brand.focus()
    page.keyboard.press("ArrowDown")
    expect(count).to_have_text("2 products")
    expect(page).to_have_title("“tea”, Tata · Kirana")
    assert "brand=Tata" in page.url
    expect(brand).to_be_focused()
    expect(page.locator('[data-facet="in_stock"]')).to_have_text("(1)")
    assert violations(page) == []

    page.get_by_label("In stock").focus()
    page.keyboard.press("Space")
    expect(count).to_have_text("1 product")
    names(page).to_have_text(["Assam tea"])
    page.go_back()
    expect(count).to_have_text("2 products")
    expect(brand).to_have_value("Tata")
    page.go_back()
    expect(count).to_have_text("3 products")
    expect(brand).to_have_value("")
    expect(page).to_have_title("“tea” · Kirana")
    assert page.evaluate("window.stayed")


def test_the_heading_says_what_a_reload_would(
    page: Page, address: str, shelves: dict[str, str]
) -> None:
    def agree(heading: str) -> None:
        expect(page.locator("#list-title")).to_have_text(heading)
        expect(page).to_have_title(f"{heading} · Kirana")

    page.goto(f"{address}/products?diet=vegan")
    agree("Everything, Vegan")
    page.get_by_label("Diet").select_option("")
    agree("Everything")
    page.get_by_label("Brand").select_option("Tata")
    agree("Everything, Tata")
    page.go_back()
    agree("Everything")
    page.go_back()
    agree("Everything, Vegan")
    page.go_forward()
    page.go_forward()
    agree("Everything, Tata")
    page.reload()
    agree("Everything, Tata")
    page.goto(f"{address}/search?q=tea")
    page.get_by_label("Brand").select_option("Tata")
    expect(page.locator("#product-count")).to_have_text("2 products")
    expect(page.locator("#list-title")).to_have_text("“tea”")


def test_filters_that_leave_something_can_be_cleared_at_once(
    still: Page, new_page: Callable[..., Page], address: str, shelves: dict[str, str]
) -> None:
    clear = "Clear the filters"
    still.goto(f"{address}/search?q=tea&sort=price")
    link = still.get_by_role("link", name=clear)
    expect(link).to_have_count(0)
    still.get_by_label("In stock").check(force=True)
    expect(link).to_have_count(1)
    assert violations(still) == []
    still.evaluate("window.stayed = true")
    link.click()
    expect(still.locator("#product-count")).to_have_text("3 products")
    expect(link).to_have_count(0)
    assert still.url == f"{address}/search?q=tea&sort=price"
    assert still.evaluate("window.stayed")
    still.goto(f"{address}/products?diet=vegan&brand=Wagh")
    expect(link).to_have_count(1)  # that of the empty list

    plain = new_page(java_script_enabled=False)
    plain.goto(f"{address}/products?brand=Tata")
    plain.get_by_role("link", name=clear).click()
    expect(plain.locator("#product-count")).to_have_text("4 products")
    expect(plain.get_by_role("link", name=clear)).to_have_count(0)


def test_a_price_that_is_none_is_refused_at_its_field(
    still: Page, address: str, shelves: dict[str, str]
) -> None:
    page = still
    page.goto(f"{address}/products")
    name, chip = (
        page.locator("[data-price-name]"),
        page.locator(".chip-menu summary").filter(has=page.locator("[data-price-name]")),
    )
    low, high = page.get_by_label("From"), page.get_by_label("Up to")
    chip.click()
    for text in ("abc", "120,50"):
        high.fill(text)
        page.keyboard.press("Enter")
        expect(high).to_have_accessible_description("Write an amount, such as 50.")
        expect(high).to_have_attribute("aria-invalid", "true")
        expect(high).to_be_focused()
        expect(high).to_have_value(text)
        expect(name).to_have_text("Price")
        expect(chip).not_to_have_attribute("aria-current", "true")
    assert violations(page) == []
    low.fill("200")
    high.fill("60")
    page.get_by_role("button", name="Show").click()
    expect(high).to_have_accessible_description("This is below the lower price.")
    expect(name).to_have_text("From ₹200")
    expect(page.locator("#product-count")).to_have_text("2 products")
    page.reload()
    expect(high).to_have_accessible_description("This is below the lower price.")
    expect(name).to_have_text("From ₹200")
    expect(page.locator("#product-count")).to_have_text("2 products")
    high.fill("250")
    page.keyboard.press("Enter")
    expect(name).to_have_text("₹200 – ₹250")
    expect(high).not_to_have_attribute("aria-invalid", "true")
    expect(high).to_be_hidden()
    expect(chip).to_be_focused()
    page.go_back()
    expect(high).to_have_accessible_description("This is below the lower price.")
    page.go_back()
    expect(high).to_have_value("120,50")
    expect(name).to_have_text("Price")
    page.go_back()
    page.go_back()
    expect(high).to_have_value("")
    expect(page.locator(".field-error")).to_have_count(0)
    expect(high).to_be_hidden()


def test_price_bands_are_links_with_counts(
    page: Page, address: str, shelves: dict[str, str]
) -> None:
    page.goto(f"{address}/products")
    page.locator(".chip-menu summary", has_text="Price").click()
    bands = page.locator(".chip-bands li")
    expect(bands).to_contain_text(["₹50 to ₹100 2", "₹200 to ₹500 2"])
    bands.nth(1).get_by_role("link").click()
    expect(page.locator("#product-count")).to_have_text("2 products")
    assert "min_price=200" in page.url


def test_a_slip_is_understood_and_told(page: Page, address: str, shelves: dict[str, str]) -> None:
    page.goto(f"{address}/search?q=asam")
    names(page).to_have_text(["Assam tea"])
    page.locator(".understood a").click()
    expect(page.locator("#list-title")).to_have_text("“assam”")
    expect(page.locator(".understood")).to_have_count(0)


def test_suggestions_by_keyboard(still: Page, address: str, shelves: dict[str, str]) -> None:
    page = still
    page.goto(f"{address}/products")
    page.keyboard.press("/")
    field = page.locator("#search-input")
    page.keyboard.type("soa")
    options = page.locator("#suggestions [role=option]")
    expect(options).to_have_count(3)
    expect(field).to_have_attribute("aria-expanded", "true")
    assert violations(page) == []
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    chosen = page.locator("#suggestions [aria-selected=true]")
    expect(chosen).to_contain_text("Tea tree soap")
    expect(field).to_have_attribute("aria-activedescendant", "suggestion-p1")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}/products/{shelves['tree']}")

    page.keyboard.press("/")
    page.keyboard.type("gren")
    expect(page.locator("#suggestions")).to_contain_text("Green tea")
    page.keyboard.press("Escape")
    expect(page.locator("#suggestions")).to_have_count(0)
    expect(field).to_have_value("gren")
    page.keyboard.press("/")
    page.keyboard.press("Escape")
    expect(field).to_have_value("gren")
    page.keyboard.press("/")
    page.keyboard.type("milk")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}/search?q=milk")


def test_without_a_connection_a_line_says_so(
    page: Page, address: str, shelves: dict[str, str]
) -> None:
    page.goto(f"{address}/products")
    page.context.set_offline(True)
    page.locator("#search-input").fill("tea")
    expect(page.locator("#suggestions")).to_contain_text("No connection")
    expect(page.locator("#search-input")).to_have_value("tea")
    page.context.set_offline(False)
    page.locator("#search-input").press_sequentially("s")
    expect(page.locator("#suggestions [data-url]").first).to_be_visible()


def test_without_scripts_facets_are_a_plain_form(
    new_page: Callable[..., Page], address: str, shelves: dict[str, str]
) -> None:
    page = new_page(java_script_enabled=False)
    page.goto(f"{address}/search?q=tea")
    page.locator("select[name=brand]").select_option("Tata")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("#product-count")).to_have_text("2 products")
    assert "brand=Tata" in page.url
    page.locator("select[name=department]").select_option("soap")
    page.get_by_role("button", name="Apply").click()
    names(page).to_have_text(["Tea tree soap"])
