"""The public shelves: filters, words, pages, bands."""

from datetime import UTC, date, datetime, timedelta

import pytest

from kirana.catalog.inputs import NewCategory, ProductChanges
from kirana.catalog.services.categories import create_category
from kirana.catalog.services.products import edit_product, hide_product, publish_product
from kirana.platform import clock
from kirana.platform.amounts import Money
from kirana.platform.errors import Invalid
from kirana.platform.paging import encode_cursor
from kirana.stock.filters import ShelfQuery
from kirana.stock.queries import count_shelf, find_product_page, list_items, list_shelf
from kirana.stock.services.goods import Waste, receive_goods, waste_goods
from tests.catalog.market import Market, open_market, set_store_status


@pytest.fixture
def market(database: object) -> Market:
    return open_market()


def titles(**wanted: object) -> list[str]:
    query = ShelfQuery(**wanted)
    found = [item.title for item in list_shelf(query).items]
    assert count_shelf(query) == len(found)
    assert [item.title for item in list_shelf(query, is_broad=True).items] == found
    return found


def test_only_what_is_published_in_an_open_store_is_shown(market: Market) -> None:
    slug = market.sell("Milk")
    draft = market.draft("Draft")
    hidden = market.sell("Hidden")
    hide_product(market.manager, hidden)
    assert titles() == ["Milk"]
    assert find_product_page(slug) is not None
    assert find_product_page(draft) is find_product_page(hidden) is None
    set_store_status(market.store, "holiday")
    assert titles() == []
    assert find_product_page(slug) is None
    assert list_items([slug]) == []


def test_a_diet_is_meant_as_it_is_written(market: Market) -> None:
    market.sell("Chai", diet=["vegan", "jain-friendly"])
    market.sell("Paneer", diet=["vegetarian"])
    assert titles(diet="vegan") == ["Chai"]
    assert titles(diet="vegetarian") == ["Chai", "Paneer"], "what is vegan is vegetarian too"
    for other in ("VEGAN", "veg", "jain%friendly", "jain_friendly", '"', ""):
        assert titles(diet=other) == [], other


def test_what_has_an_allergen_or_traces_of_it_is_left_out(market: Market) -> None:
    market.sell("Milk", allergens=["milk"], origin="Assam")
    market.sell(
        "Biscuits", allergens=["gluten"], may_contain=["milk", "nuts"], origin="India, Assam"
    )
    market.sell("Apple")
    assert titles() == ["Apple", "Biscuits", "Milk"]
    assert titles(without=("milk",)) == ["Apple"]
    assert titles(without=("gluten",)) == titles(without=("nuts",)) == ["Apple", "Milk"]
    assert titles(without=("celery",)) == titles()
    assert titles(without=("gluten", "milk")) == titles(without=("milk", "gluten")) == ["Apple"]
    assert titles(origin="Assam") == ["Milk"]
    assert titles(origin="assam") == titles(origin="Assam", without=("milk",)) == []


def test_a_card_says_what_it_costs_and_how_much_is_left(market: Market) -> None:
    slug = market.sell(
        "Paneer", 3200, stock=5, pack_size=500, pack_unit="g", size_text="500 g",
        was_price=Money(4000, "INR"), diet=["vegetarian"],
    )  # fmt: skip
    (item,) = list_shelf(ShelfQuery()).items
    assert (item.slug, item.price_minor, item.was_minor, item.size_text) == (
        slug, 3200, 4000, "500 g",
    )  # fmt: skip
    assert item.unit_price is not None
    assert (item.unit_price.amount_minor, item.unit_price.per) == (6400, "kg")
    assert (item.stock_band, item.few_left, item.well) == ("few", 5, "sky")
    assert item.picture_url == "/media/drawn/paneer.svg"
    assert [(badge.text, badge.tone) for badge in item.badges] == [
        ("−20 %", "deal"),
        ("New", "sun"),
        ("Vegetarian", "grey"),
    ]


def test_bands_follow_the_level(market: Market) -> None:
    slug = market.sell("Rice", unit="g", increment=250, minimum=500, stock=0)
    seen = []
    for quantity in (499, 1, 4500, 1):
        receive_goods(market.manager, slug, quantity)
        item = list_items([slug])[0]
        seen.append((item.stock_band, item.few_left))
    assert seen == [("none", None), ("few", 500), ("few", 5000), ("in", None)]
    waste_goods(market.manager, slug, 4600, Waste("spoilt"))
    assert list_items([slug])[0].stock_band == "none"


def test_a_category_includes_its_shelves(market: Market) -> None:
    tea = create_category(market.admin, NewCategory(name="Tea", parent=market.shelf)).slug
    other = create_category(market.admin, NewCategory(name="Soap")).slug
    market.sell("Assam", category=tea)
    market.sell("Cola")
    market.sell("Bar", category=other)
    assert titles(category=market.shelf) == ["Assam", "Cola"]
    assert titles(category=tea) == ["Assam"]
    assert titles(category="nowhere") == []


def test_filters_hold_together(market: Market) -> None:
    market.sell("Cheap", 100)
    market.sell("Middle", 200)
    market.sell("Gone", 200, stock=0)
    market.sell("Dear", 300)
    assert titles(price_min=100, price_max=200) == ["Cheap", "Gone", "Middle"]
    assert titles(price_min=200, price_max=200, in_stock=True) == ["Middle"]
    assert titles(price_min=301) == []
    assert len(titles(store=market.store)) == 4
    assert titles(store="elsewhere") == []


def test_added_since(market: Market) -> None:
    old, new = market.draft("Old"), market.draft("New")
    with clock.frozen(datetime(2026, 3, 1, 12, tzinfo=UTC)):
        publish_product(market.manager, old)
    with clock.frozen(datetime(2026, 3, 2, 0, tzinfo=UTC)):
        publish_product(market.manager, new)
    assert titles(added_since=date(2026, 3, 1), sort="new") == ["New", "Old"]
    assert titles(added_since=date(2026, 3, 2)) == ["New"]
    assert titles(added_since=date(2026, 3, 3)) == []


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("creme", ["Crème fraîche"]),
        ("CRÈME", ["Crème fraîche"]),
        ("fra cre", ["Crème fraîche"]),
        ("amul", ["Butter 100%"]),
        ("amul butter", ["Butter 100%"]),
        ("utter", []),
        ("butter nothing", []),
        ("%", []),
        ("_", []),
        ("100%", ["Butter 100%"]),
        ("b_tter", []),
        ("\\", []),
        ("'; drop table product; --", []),
        ("  ", ["Butter 100%", "Crème fraîche", "दूध"]),
        ("दू", ["दूध"]),
        ("b" * 10_000, []),
        ("butter " * 2_000, ["Butter 100%"]),
        ("☃", []),
    ],
)
def test_search(market: Market, words: str, found: list[str]) -> None:
    market.sell("Crème fraîche", brand="Gaukhof")
    market.sell("Butter 100%", brand="Amul")
    market.sell("दूध")
    assert titles(q=words) == found


@pytest.mark.parametrize("sort", ["name", "price", "-price", "new"])
def test_pages_neither_repeat_nor_skip_among_equals(market: Market, sort: str) -> None:
    with clock.frozen(datetime(2026, 5, 1, tzinfo=UTC)):
        slugs = {market.sell("Same name", price, stock=0) for price in (100, 200) * 6}
    seen: list[str] = []
    cursor = None
    for _ in range(10):
        page = list_shelf(ShelfQuery(limit=5, sort=sort, cursor=cursor))
        seen += [item.slug for item in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert sorted(seen) == sorted(slugs)
    whole = list_shelf(ShelfQuery(limit=100, sort=sort)).items
    assert [item.slug for item in whole] == seen


def test_a_page_goes_on_where_it_was_when_something_new_comes_in(market: Market) -> None:
    for number in range(6):
        market.sell(f"Item {number}", 100)
    first = list_shelf(ShelfQuery(limit=3, sort="price"))
    market.sell("Cheaper", 50)
    edit_product(market.manager, "item-0", ProductChanges(price=Money(40, "INR")))
    second = list_shelf(ShelfQuery(limit=10, sort="price", cursor=first.next_cursor))
    assert [item.title for item in second.items] == ["Item 3", "Item 4", "Item 5"]


def test_prices_sort_both_ways(market: Market) -> None:
    for price in (300, 100, 200):
        market.sell(f"At {price}", price)
    assert titles(sort="price") == ["At 100", "At 200", "At 300"]
    assert titles(sort="-price") == ["At 300", "At 200", "At 100"]


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "nonsense",
        "A" * 5000,
        encode_cursor(["price", 1, "a"]),
        encode_cursor(["name", 1, "a"]),
        encode_cursor(["name", "a\x00", "a"]),
        encode_cursor(["name", "a", "a", "a"]),
        encode_cursor([]),
    ],
)
def test_a_cursor_of_another_list_is_refused(market: Market, cursor: str) -> None:
    with pytest.raises(Invalid) as refused:
        list_shelf(ShelfQuery(cursor=cursor))
    assert refused.value.errors[0]["pointer"] == "/cursor"


def test_a_number_beyond_the_column_is_refused(market: Market) -> None:
    with pytest.raises(Invalid):
        list_shelf(ShelfQuery(sort="price", cursor=encode_cursor(["price", 2**80, "a"])))


def test_new_is_new_for_two_weeks(market: Market) -> None:
    slug = market.sell()
    later = datetime.now(UTC) + timedelta(days=15)
    assert [badge.text for badge in list_items([slug])[0].badges] == ["New"]
    with clock.frozen(later):
        assert list_items([slug])[0].badges == ()


def test_a_product_page(market: Market) -> None:
    slug = market.sell("Chai", origin="Assam", description="Strong.", diet=["vegan"])
    page = find_product_page(slug)
    assert page is not None
    assert (page.description, page.origin, page.diet) == ("Strong.", "Assam", ("vegan",))
    assert [crumb.slug for crumb in page.breadcrumb] == [market.shelf]
    assert page.large_picture_url == f"/media/drawn/{slug}.svg"
