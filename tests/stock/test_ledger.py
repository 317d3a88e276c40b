"""Every change of a level is a row in its ledger; scarce goods are never sold twice."""

import threading
from dataclasses import replace

import pytest
from sqlalchemy import Connection, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from kirana.accounts.permissions import Permission
from kirana.catalog.models import Product
from kirana.catalog.queries import catalog_version
from kirana.catalog.services.products import hide_product
from kirana.platform.access import SYSTEM, Actor
from kirana.platform.db import verb
from kirana.platform.errors import Forbidden, Invalid, NotFound, Stale
from kirana.platform.paging import PageQuery
from kirana.stock.errors import OutOfStock, VersionMissing
from kirana.stock.models import StockLevel
from kirana.stock.services import selling
from kirana.stock.services.goods import (
    Waste,
    adjust_stock,
    count_stock,
    receive_goods,
    set_low_at,
    waste_goods,
)
from kirana.stock.services.selling import LineDemand, give_back_for_lines, take_for_lines
from kirana.stock.store_queries import (
    StockedQuery,
    count_store_products,
    get_stock,
    list_movements,
    list_store_products,
)
from tests.accounts.people import at_once
from tests.catalog.market import Market, ledger, level_row, make_actor, open_market
from tests.stock.order_lines import order_lines


@pytest.fixture
def market(database: object) -> Market:
    return open_market()


@pytest.fixture
def buyer(market: Market) -> Actor:
    return make_actor("customer")


def test_goods_come_in_and_go_out(market: Market) -> None:
    slug = market.sell(stock=10)
    waste_goods(market.manager, slug, 3, Waste("damaged", "fell"))
    adjust_stock(market.manager, slug, 2, "found behind the shelf")
    level = get_stock(market.manager, slug)
    assert (level.on_hand, level.available) == (9, 9)
    assert ledger(slug) == [("received", 10, 10), ("wasted", -3, 7), ("adjusted", 2, 9)]
    newest = list_movements(market.manager, slug, PageQuery(limit=1))
    assert (newest.items[0].reason, newest.items[0].by) == (
        "found behind the shelf",
        market.manager.name,
    )
    rest = list_movements(market.manager, slug, PageQuery(cursor=newest.next_cursor))
    assert [row.kind for row in rest.items] == ["wasted", "received"]


def test_nobody_takes_out_more_than_is_there(market: Market) -> None:
    slug = market.sell(stock=2)
    for attempt in (
        lambda: waste_goods(market.manager, slug, 3, Waste("lost")),
        lambda: adjust_stock(market.manager, slug, -3, "count"),
    ):
        with pytest.raises(OutOfStock) as refused:
            attempt()
        assert refused.value.details["shortages"] == [
            {"slug": slug, "title": "Oat milk", "wanted": 3, "available": 2}
        ]
    assert ledger(slug) == [("received", 2, 2)]


@pytest.mark.parametrize("quantity", [0, -1])
def test_an_amount_is_above_zero(market: Market, quantity: int) -> None:
    slug = market.sell(stock=5)
    with pytest.raises(Invalid):
        receive_goods(market.manager, slug, quantity)
    with pytest.raises(Invalid):
        waste_goods(market.manager, slug, quantity, Waste("lost"))
    with pytest.raises(Invalid):
        adjust_stock(market.manager, slug, 0, "count")


def test_a_reason_is_kept_as_it_was_given(market: Market) -> None:
    slug = market.sell(stock=5)
    for reason in ("", " \t", "x" * 201):
        with pytest.raises(Invalid) as refused:
            adjust_stock(market.manager, slug, -1, reason)
        assert [error["pointer"] for error in refused.value.errors] == ["/reason"]
    with pytest.raises(Invalid):
        waste_goods(market.manager, slug, 1, Waste("lost", "x" * 201))
    adjust_stock(market.manager, slug, -1, "x" * 200)
    count_stock(market.manager, slug, 3, get_stock(market.manager, slug).version)
    newest = list_movements(market.manager, slug, PageQuery(limit=2)).items
    assert [row.reason for row in newest] == ["Counted", "x" * 200]


def test_strangers_and_customers_change_nothing(market: Market, buyer: Actor) -> None:
    slug = market.sell(stock=5)
    for actor, refusal in ((market.stranger, NotFound), (buyer, Forbidden)):
        with pytest.raises(refusal):
            receive_goods(actor, slug, 1)
        with pytest.raises(refusal):
            count_stock(actor, slug, 1, 1)
    with pytest.raises(NotFound):
        get_stock(market.stranger, slug)
    with pytest.raises(NotFound):
        list_movements(market.stranger, slug, PageQuery())
    assert level_row(slug).on_hand == 5


def test_a_count_needs_the_version_that_was_seen(market: Market) -> None:
    slug = market.sell(stock=5)
    seen = get_stock(market.manager, slug).version
    with pytest.raises(VersionMissing):
        count_stock(market.manager, slug, 9, None)
    receive_goods(market.manager, slug, 1)
    with pytest.raises(Stale):
        count_stock(market.manager, slug, 9, seen)
    level = count_stock(market.manager, slug, 9, seen + 1, "stocktake")
    assert level.on_hand == 9
    assert ledger(slug)[-1] == ("adjusted", 3, 9)
    assert count_stock(market.manager, slug, 9, level.version).version == level.version
    with pytest.raises(Invalid):
        count_stock(market.manager, slug, -1, level.version)


def test_the_threshold_moves_the_band(market: Market) -> None:
    slug = market.sell(stock=9)
    assert get_stock(market.manager, slug).stock_band == "in"
    assert set_low_at(market.manager, slug, 9).stock_band == "few"
    with pytest.raises(Invalid):
        set_low_at(market.manager, slug, -1)


def test_an_order_takes_all_its_lines_or_none(market: Market, buyer: Actor) -> None:
    one, two = market.sell("One", stock=5), market.sell("Two", stock=1)
    lines = order_lines(buyer, (one, 2), (two, 2), (one, 1))
    with pytest.raises(OutOfStock) as refused:
        take_for_lines(buyer, lines)
    assert refused.value.details["shortages"] == [
        {"slug": two, "title": "Two", "wanted": 2, "available": 1}
    ]
    assert (level_row(one).on_hand, level_row(two).on_hand) == (5, 1)
    receive_goods(market.manager, two, 1)
    take_for_lines(buyer, lines)
    assert (level_row(one).on_hand, level_row(two).on_hand) == (2, 0)
    assert ledger(one)[1:] == [("sold", -2, 3), ("sold", -1, 2)]


def test_every_shortage_is_named(market: Market, buyer: Actor) -> None:
    slugs = [market.sell(f"Item {n}", stock=n) for n in range(3)]
    with pytest.raises(OutOfStock) as refused:
        take_for_lines(buyer, order_lines(buyer, *((slug, 2) for slug in slugs)))
    shortages = refused.value.details["shortages"]
    assert [(each["slug"], each["available"]) for each in shortages] == [
        (slugs[0], 0),
        (slugs[1], 1),
    ]


def test_what_was_off_the_shelf_for_a_moment_is_named(
    market: Market, buyer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    slug = market.sell(stock=5)

    def hidden_meanwhile(connection: Connection, product_id: int, quantity: int) -> bool:
        connection.execute(update(Product).values(status="draft"))
        taken = take(connection, product_id, quantity)
        connection.execute(update(Product).values(status="published"))
        return taken

    take = selling._take
    monkeypatch.setattr(selling, "_take", hidden_meanwhile)
    with pytest.raises(OutOfStock) as refused:
        take_for_lines(buyer, order_lines(buyer, (slug, 2)))
    assert refused.value.details["shortages"] == [
        {"slug": slug, "title": "Oat milk", "wanted": 2, "available": 0}
    ]


def test_the_ledger_names_the_order(market: Market, buyer: Actor) -> None:
    slug = market.sell(stock=5)
    lines = order_lines(buyer, (slug, 2))
    take_for_lines(buyer, lines)
    give_back_for_lines(SYSTEM, lines)
    rows = list_movements(market.manager, slug, PageQuery()).items
    assert [(row.kind, row.cause, row.order, row.reason) for row in rows] == [
        ("returned", "order", lines[0].order, ""),
        ("sold", "order", lines[0].order, ""),
        ("received", "person", None, ""),
    ]


def test_orders_are_named_to_who_may_read_them(market: Market, buyer: Actor) -> None:
    slug = market.sell(stock=5)
    take_for_lines(buyer, order_lines(buyer, (slug, 2)))
    stores = {
        key: rights - {Permission.READ_STORE_ORDERS}
        for key, rights in market.manager.stores.items()
    }
    of_stock_alone = replace(market.manager, stores=stores)
    sold, *_ = list_movements(of_stock_alone, slug, PageQuery()).items
    assert (sold.kind, sold.cause, sold.order, sold.reason) == ("sold", "order", None, "")


def test_what_is_off_sale_or_reserved_is_not_taken(market: Market, buyer: Actor) -> None:
    hidden, held = market.sell("Hidden", stock=5), market.sell("Held", stock=5)
    hide_product(market.manager, hidden)
    reserve(held, 4)
    for slug in (hidden, held):
        with pytest.raises(OutOfStock):
            take_for_lines(buyer, order_lines(buyer, (slug, 2)))
        assert level_row(slug).on_hand == 5
    take_for_lines(buyer, order_lines(buyer, (held, 1)))


@verb
def reserve(connection: Connection, slug: str, quantity: int) -> None:
    product_id = level_row(slug).product_id
    connection.execute(
        update(StockLevel).where(StockLevel.product_id == product_id).values(reserved=quantity)
    )


def test_stock_comes_back_exactly_once(market: Market, buyer: Actor) -> None:
    slug = market.sell(stock=5)
    lines = order_lines(buyer, (slug, 2), (slug, 3))
    take_for_lines(buyer, lines)
    give_back_for_lines(SYSTEM, lines[:1])
    assert level_row(slug).on_hand == 2
    outcome = at_once(*[lambda: give_back_for_lines(SYSTEM, lines)] * 3)
    assert outcome == [None, None, None]
    assert level_row(slug).on_hand == 5
    assert ledger(slug)[3:] == [("returned", 2, 2), ("returned", 3, 5)]


def test_a_line_is_sold_once(market: Market, buyer: Actor) -> None:
    slug = market.sell(stock=5)
    lines = order_lines(buyer, (slug, 1))
    take_for_lines(buyer, lines)
    with pytest.raises(IntegrityError):
        take_for_lines(buyer, lines)
    assert level_row(slug).on_hand == 4


@pytest.mark.parametrize(
    "statement", ["UPDATE stock_movement SET delta = 1", "DELETE FROM stock_movement"]
)
def test_the_ledger_cannot_be_rewritten(market: Market, statement: str) -> None:
    slug = market.sell(stock=5)
    with pytest.raises(DBAPIError):
        run_sql(statement)
    assert ledger(slug) == [("received", 5, 5)]


@verb
def run_sql(connection: Connection, statement: str) -> None:
    connection.execute(text(statement))


def test_the_catalogue_changes_with_the_band_only(market: Market, buyer: Actor) -> None:
    slug = market.sell(stock=20)
    before = catalog_version()
    take_for_lines(buyer, order_lines(buyer, (slug, 10)))
    assert catalog_version() == before
    take_for_lines(buyer, order_lines(buyer, (slug, 6)))
    assert catalog_version() == before + 1
    take_for_lines(buyer, order_lines(buyer, (slug, 1)))
    assert catalog_version() == before + 2, "the number of the few left is shown"
    lines = order_lines(buyer, (slug, 3))
    take_for_lines(buyer, lines)
    assert catalog_version() == before + 3
    give_back_for_lines(SYSTEM, lines)
    assert catalog_version() == before + 4


def race(buyers: int, slug: str) -> int:
    """So many buyers at once, for one unit each; how many were served."""
    people = [make_actor("customer") for _ in range(buyers)]
    demands = [order_lines(person, (slug, 1)) for person in people]
    outcome = at_once(
        *[
            lambda person=person, lines=lines: take_for_lines(person, lines)
            for person, lines in zip(people, demands, strict=True)
        ]
    )
    assert all(each is None or isinstance(each, OutOfStock) for each in outcome)
    return outcome.count(None)


def test_of_ten_buyers_for_three_units_three_are_served(market: Market) -> None:
    slug = market.sell(stock=3)
    assert race(10, slug) == 3
    assert level_row(slug).on_hand == 0
    assert sorted(row[2] for row in ledger(slug)) == [0, 1, 2, 3]


def test_crossing_baskets_do_not_lock_each_other_out(market: Market) -> None:
    one, two = market.sell("One", stock=50), market.sell("Two", stock=50)
    buyers = [make_actor("customer") for _ in range(8)]
    crossed = [((one, 1), (two, 1)), ((two, 1), (one, 1))]
    demands = [order_lines(buyer, *crossed[n % 2]) for n, buyer in enumerate(buyers)]
    outcome = at_once(
        *[
            lambda buyer=buyer, lines=lines: take_for_lines(buyer, lines)
            for buyer, lines in zip(buyers, demands, strict=True)
        ]
    )
    assert outcome == [None] * 8
    assert (level_row(one).on_hand, level_row(two).on_hand) == (42, 42)


@pytest.mark.on_database("postgresql")
def test_without_the_guard_the_race_oversells(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mutant: read, meet the others, write blindly. It shows that the race is real."""
    slug = market.sell(stock=3)
    meeting = threading.Barrier(4)

    def read_then_write(connection: Connection, product_id: int, quantity: int) -> bool:
        mine = StockLevel.product_id == product_id
        there = connection.execute(select(StockLevel.on_hand).where(mine)).scalar_one()
        meeting.wait(10)
        connection.execute(update(StockLevel).where(mine).values(on_hand=there - quantity))
        return there >= quantity

    monkeypatch.setattr(selling, "_subtract", read_then_write)
    monkeypatch.setattr(selling, "release_first", lambda *_: {})  # locks the level
    served = race(4, slug)
    assert served == 4 > 3


def test_a_line_must_move_something(market: Market, buyer: Actor) -> None:
    with pytest.raises(ValueError, match="0 steps"):
        take_for_lines(buyer, [LineDemand(1, 1, 0, "ORDER")])


def test_the_managers_list_shows_every_status_with_its_stock(market: Market) -> None:
    market.sell("Apples", stock=3, brand="Farm")
    market.sell("Bread", stock=0)
    market.sell("Cheese", stock=100)
    market.draft("Dates")
    every = list_store_products(market.manager, market.store, StockedQuery())
    assert [(row.title, row.status, row.on_hand, row.stock_band) for row in every.items] == [
        ("Apples", "published", 3, "few"),
        ("Bread", "published", 0, "none"),
        ("Cheese", "published", 100, "in"),
        ("Dates", "draft", 0, "none"),
    ]
    for wanted, titles in (
        (StockedQuery(status="draft"), ["Dates"]),
        (StockedQuery(stock="few"), ["Apples"]),
        (StockedQuery(stock="none", status="published"), ["Bread"]),
        (StockedQuery(stock="in"), ["Cheese"]),
        (StockedQuery(q="farm"), ["Apples"]),
        (StockedQuery(category=market.shelf), ["Apples", "Bread", "Cheese", "Dates"]),
        (StockedQuery(category="nowhere"), []),
    ):
        page = list_store_products(market.manager, market.store, wanted)
        assert [row.title for row in page.items] == titles
    first = list_store_products(market.manager, market.store, StockedQuery(limit=3))
    last = list_store_products(
        market.manager, market.store, StockedQuery(limit=3, cursor=first.next_cursor)
    )
    assert [row.title for row in last.items] == ["Dates"]
    counts = count_store_products(market.manager, market.store)
    assert {each.status: each.count for each in counts} == {"draft": 1, "published": 3}
    with pytest.raises(NotFound):
        list_store_products(market.stranger, market.store, StockedQuery())
