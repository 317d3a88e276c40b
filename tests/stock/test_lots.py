"""Goods by lot: first expired first out, nothing past its date is sold or shown."""

import contextlib
import random
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from kirana.cart.queries import basket_view
from kirana.cart.services import set_line
from kirana.catalog.queries import catalog_version
from kirana.platform import clock, db
from kirana.platform.access import SYSTEM, Actor
from kirana.platform.errors import Invalid, NotFound
from kirana.platform.paging import PageQuery
from kirana.stock.errors import OutOfDateThere, OutOfStock
from kirana.stock.filters import ShelfQuery
from kirana.stock.ledger_queries import list_lots
from kirana.stock.models import StockLevel
from kirana.stock.queries import count_shelf, find_product_page, list_items, list_shelf
from kirana.stock.services import selling
from kirana.stock.services.goods import (
    Delivery,
    Waste,
    adjust_stock,
    count_stock,
    receive_goods,
    waste_goods,
)
from kirana.stock.services.selling import give_back_for_lines, take_for_lines
from kirana.stock.services.tracking import track_lots
from kirana.stock.store_queries import (
    StockedQuery,
    get_stock,
    list_movements,
    list_store_products,
)
from tests.accounts.people import at_once
from tests.catalog.market import Market, level_row, make_actor, open_market
from tests.machinery.processes import wait_until
from tests.stock.lots import (
    MIDNIGHT,
    MORNING,
    TODAY,
    books_agree,
    deliver,
    lots_of,
    parts_of,
    run_sql,
    sell_lots,
)
from tests.stock.order_lines import order_lines

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def market(database: object) -> Iterator[Market]:
    with clock.frozen(MORNING):
        yield open_market()


@pytest.fixture
def buyer(market: Market) -> Actor:
    return make_actor("customer")


def milk(market: Market) -> str:
    """Ten in three lots, delivered in another order than they end."""
    lots = ("late", 5, TODAY + 3 * DAY), ("keeps", 2, None), ("today", 3, TODAY)
    return sell_lots(market, *lots)


def test_what_ends_first_is_sold_first(market: Market, buyer: Actor) -> None:
    slug = milk(market)
    take_for_lines(buyer, order_lines(buyer, (slug, 2), (slug, 4), (slug, 3)))
    assert parts_of(slug, "sold") == [
        {"today": -2},
        {"today": -1, "late": -3},
        {"late": -2, "keeps": -1},
    ]
    assert lots_of(slug) == {"late": 0, "keeps": 1, "today": 0}
    assert level_row(slug).on_hand == 1
    assert books_agree()


def test_what_comes_back_joins_the_lots_it_was_sold_from(market: Market, buyer: Actor) -> None:
    slug = milk(market)
    before = lots_of(slug)
    lines = order_lines(buyer, (slug, 4), (slug, 5))
    take_for_lines(buyer, lines)
    give_back_for_lines(SYSTEM, lines[1:])
    assert parts_of(slug, "returned") == [{"late": 4, "keeps": 1}]
    assert at_once(*[lambda: give_back_for_lines(SYSTEM, lines)] * 2) == [None, None]
    assert lots_of(slug) == before
    assert books_agree()


def test_from_local_midnight_on_nothing_of_a_lot_is_sold(market: Market, buyer: Actor) -> None:
    slug = milk(market)
    lines = order_lines(buyer, (slug, 8), (slug, 7))
    with clock.frozen(MIDNIGHT - SECOND):
        assert get_stock(market.manager, slug).available == 10
    with clock.frozen(MIDNIGHT):
        level = get_stock(market.manager, slug)
        assert (level.on_hand, level.out_of_date, level.available) == (10, 3, 7)
        with pytest.raises(OutOfStock) as refused:
            take_for_lines(buyer, lines[:1])
        assert refused.value.details["shortages"][0]["available"] == 7
        assert lots_of(slug) == {"late": 5, "keeps": 2, "today": 3}
        take_for_lines(buyer, lines[1:])
        assert lots_of(slug) == {"late": 0, "keeps": 0, "today": 3}
        give_back_for_lines(SYSTEM, lines[1:])
    assert books_agree()


def test_a_day_ends_where_the_store_is(market: Market) -> None:
    for zone in ("Asia/Kolkata", "America/St_Johns", "Pacific/Chatham"):
        run_sql("UPDATE store SET zone = :zone", zone=zone)
        slug = sell_lots(market, ("one", 1, TODAY + 2 * DAY))
        [lot] = list_lots(market.manager, slug, PageQuery()).items
        assert lot.sold_until is not None
        local = lot.sold_until.astimezone(ZoneInfo(zone))
        assert (local.date(), local.hour, local.minute) == (TODAY + 3 * DAY, 0, 0)
        assert lot.sold_until.timestamp() % 900 == 0, "what is kept ends at quarter hours"


def test_every_read_loses_what_went_out_of_date(market: Market, buyer: Actor) -> None:
    """Shelves, their counts and filters, the product's page, baskets, the manager's lists."""
    slug = sell_lots(market, ("today", 30, TODAY))
    set_line(buyer, slug, 2)
    with clock.frozen(MIDNIGHT - SECOND):
        assert _seen(market, buyer, slug) == ("in", "in", "in", "in", ["in"], 1, 1, "", 30)
    with clock.frozen(MIDNIGHT):
        gone = ("none", "none", "none", "none", ["none"], 0, 0, "out_of_stock", 0)
        assert _seen(market, buyer, slug) == gone
        assert list_items([slug])[0].few_left is None
        deliver(market.manager, slug, 2, "next", TODAY + DAY)
        assert list_items([slug])[0].few_left == 2


def _seen(market: Market, buyer: Actor, slug: str) -> tuple[object, ...]:
    page = find_product_page(slug)
    assert page is not None
    [line] = basket_view(buyer).lines
    stocked = list_store_products(market.manager, market.store, StockedQuery()).items
    in_stock = ShelfQuery(in_stock=True)
    return (
        list_shelf(ShelfQuery()).items[0].stock_band,
        page.item.stock_band,
        get_stock(market.manager, slug).stock_band,
        line.band,
        [row.stock_band for row in stocked],
        len(list_shelf(in_stock).items),
        count_shelf(in_stock),
        line.problem,
        line.available,
    )


def test_held_goods_are_not_wasted_but_expired_ones_are(market: Market) -> None:
    slug = milk(market)
    run_sql("UPDATE stock_level SET reserved = 6")
    with pytest.raises(OutOfStock) as refused:
        waste_goods(market.manager, slug, 5, Waste("damaged"))
    assert refused.value.details["shortages"][0]["available"] == 4
    with clock.frozen(MIDNIGHT):
        waste_goods(market.manager, slug, 3, Waste("expired"))
        assert lots_of(slug) == {"late": 5, "keeps": 2, "today": 0}
        with pytest.raises(OutOfStock):
            waste_goods(market.manager, slug, 2, Waste("damaged", lot="late"))
    assert books_agree()


def test_waste_and_corrections_name_a_lot_or_follow_the_dates(market: Market) -> None:
    slug = milk(market)
    waste_goods(market.manager, slug, 1, Waste("damaged", "fell", "late"))
    adjust_stock(market.manager, slug, -1, "count", "keeps")
    adjust_stock(market.manager, slug, 4, "found", "late")
    assert lots_of(slug) == {"late": 8, "keeps": 1, "today": 3}
    with clock.frozen(MIDNIGHT):
        waste_goods(market.manager, slug, 2, Waste("expired"))
        adjust_stock(market.manager, slug, -1, "count")
        assert lots_of(slug) == {"late": 7, "keeps": 1, "today": 1}
        adjust_stock(market.manager, slug, 2, "found")
        assert lots_of(slug)["late"] == 9
        level = get_stock(market.manager, slug)
        count_stock(market.manager, slug, 1, level.version, "count")
        assert lots_of(slug) == {"late": 0, "keeps": 0, "today": 1}
    for change in (
        lambda: adjust_stock(market.manager, slug, -1, "count", "nowhere"),
        lambda: adjust_stock(market.manager, slug, 1, "count", "nowhere"),
    ):
        with pytest.raises(Invalid):
            change()
    with pytest.raises(OutOfStock):
        waste_goods(market.manager, slug, 2, Waste("lost", lot="today"))
    with pytest.raises(Invalid):
        waste_goods(market.manager, slug, 1, Waste("stolen"))
    assert books_agree()


def test_a_delivery_says_what_the_pack_says(market: Market) -> None:
    slug = milk(market)
    for code, best_before in (
        ("", None),
        ("x" * 41, TODAY),
        ("old", TODAY - DAY),
        ("far", date(9999, 12, 31)),
        ("today", TODAY + DAY),
        ("today", None),
        ("before", TODAY),
    ):
        with pytest.raises(Invalid):
            deliver(market.manager, slug, 1, code, best_before)
    assert lots_of(slug) == {"late": 5, "keeps": 2, "today": 3}


def test_a_delivery_joins_its_lot_and_is_called_by_its_date(market: Market) -> None:
    slug = milk(market)
    deliver(market.manager, slug, 4, "today", TODAY)
    deliver(market.manager, slug, 1, "", TODAY + DAY)
    assert lots_of(slug) == {"late": 5, "keeps": 2, "today": 7, "2026-11-28": 1}
    with pytest.raises(Invalid):
        receive_goods(market.manager, market.sell("Salt", stock=1), 1, "", Delivery("a", TODAY))


def test_lots_begin_with_what_is_there_and_end_with_the_level(market: Market, buyer: Actor) -> None:
    slug = market.sell(stock=6)
    sold_before = order_lines(buyer, (slug, 2))
    take_for_lines(buyer, sold_before)
    assert track_lots(market.manager, slug, True).tracks_lots
    assert lots_of(slug) == {"before": 4}
    deliver(market.manager, slug, 3, "a", TODAY)
    give_back_for_lines(SYSTEM, sold_before)
    assert lots_of(slug) == {"before": 6, "a": 3}
    assert books_agree()
    with clock.frozen(MIDNIGHT):
        with pytest.raises(OutOfDateThere):
            track_lots(market.manager, slug, False)
        waste_goods(market.manager, slug, 3, Waste("expired"))
        sold = order_lines(buyer, (slug, 1))
        take_for_lines(buyer, sold)
        level = track_lots(market.manager, slug, False)
        assert (level.on_hand, level.tracks_lots, lots_of(slug)) == (
            5,
            False,
            {"before": 0, "a": 0},
        )
        give_back_for_lines(SYSTEM, sold)
        assert track_lots(market.manager, slug, False) == get_stock(market.manager, slug)
        track_lots(market.manager, slug, True)
        assert lots_of(slug) == {"before": 6, "a": 0}
    assert books_agree()


def test_what_comes_back_out_of_date_without_its_lot_is_thrown_away(
    market: Market, buyer: Actor
) -> None:
    """Two of each lot were sold, and lots are kept no longer: of what comes back two are good."""
    slug = sell_lots(market, ("a", 2, TODAY), ("b", 5, TODAY + DAY))
    lines = order_lines(buyer, (slug, 4), (slug, 1))
    take_for_lines(buyer, lines)
    track_lots(market.manager, slug, False)
    with clock.frozen(MIDNIGHT):
        for _ in range(2):
            give_back_for_lines(buyer, lines)
        level = get_stock(market.manager, slug)
        assert (level.on_hand, level.available) == (5, 5)
        newest = list_movements(market.manager, slug, PageQuery(limit=3)).items
        assert [(row.kind, row.delta, row.balance_after, row.reason_code) for row in newest] == [
            ("wasted", -2, 5, "expired"), ("returned", 1, 7, None), ("returned", 4, 6, None),
        ]  # fmt: skip
        assert newest[0].by == "", "it is not the customer who threw it away"
        track_lots(market.manager, slug, True)
        level = get_stock(market.manager, slug)
        assert (level.available, level.out_of_date) == (5, 0)
    assert books_agree()


def test_what_comes_back_in_date_without_its_lot_is_for_sale(market: Market, buyer: Actor) -> None:
    slug = sell_lots(market, ("a", 2, TODAY))
    lines = order_lines(buyer, (slug, 2))
    take_for_lines(buyer, lines)
    track_lots(market.manager, slug, False)
    with clock.frozen(MIDNIGHT - SECOND):
        give_back_for_lines(buyer, lines)
    assert get_stock(market.manager, slug).available == 2
    newest = list_movements(market.manager, slug, PageQuery(limit=1)).items
    assert [(row.kind, row.delta) for row in newest] == [("returned", 2)]


def test_the_ledger_tells_the_lots(market: Market, buyer: Actor) -> None:
    slug = milk(market)
    take_for_lines(buyer, order_lines(buyer, (slug, 4)))
    newest = list_movements(market.manager, slug, PageQuery(limit=1)).items[0]
    assert (newest.kind, newest.cause) == ("sold", "order")
    assert [(part.code, part.best_before, part.delta) for part in newest.lots] == [
        ("today", TODAY, -3),
        ("late", TODAY + 3 * DAY, -1),
    ]


def test_lots_are_listed_in_the_order_in_which_they_go(market: Market) -> None:
    slug = milk(market)
    with clock.frozen(MIDNIGHT):
        first = list_lots(market.manager, slug, PageQuery(limit=2))
        rest = list_lots(market.manager, slug, PageQuery(cursor=first.next_cursor))
    assert [(lot.code, lot.days_left, lot.out_of_date) for lot in [*first.items, *rest.items]] == [
        ("today", -1, True),
        ("late", 2, False),
        ("keeps", None, False),
    ]
    with pytest.raises(NotFound):
        list_lots(market.stranger, slug, PageQuery())


def test_midnight_itself_changes_the_band_of_the_next_sale(market: Market, buyer: Actor) -> None:
    slug = sell_lots(market, ("today", 30, TODAY), ("late", 8, TODAY + DAY))
    before = catalog_version()
    with clock.frozen(MIDNIGHT):
        take_for_lines(buyer, order_lines(buyer, (slug, 3)))
    assert catalog_version() == before + 1, "five are left, not thirty-five"


def test_the_lots_ledger_cannot_be_rewritten(market: Market, database_kind: str) -> None:
    slug = milk(market)
    at_once_gone = {
        "sqlite": "REPLACE INTO lot_movement SELECT * FROM lot_movement",
        "postgresql": "TRUNCATE lot_movement",
    }[database_kind]
    for statement in (
        "UPDATE lot_movement SET delta = 1", "DELETE FROM lot_movement", at_once_gone
    ):  # fmt: skip
        with pytest.raises(DBAPIError, match="insert-only"):
            run_sql(statement)
    assert len(parts_of(slug, "received")) == 3


def _race(market: Market) -> tuple[str, int]:
    """Six buyers for one each of three in date, with five out of date beside; how many got one."""
    slug = sell_lots(market, ("today", 5, TODAY), ("late", 3, TODAY + DAY))
    people = [make_actor("customer") for _ in range(6)]
    demands = [order_lines(person, (slug, 1)) for person in people]

    def buy(person: Actor, lines: list[selling.LineDemand]) -> None:
        with clock.frozen(MIDNIGHT):
            take_for_lines(person, lines)

    outcome = at_once(
        *[
            lambda person=person, lines=lines: buy(person, lines)
            for person, lines in zip(people, demands, strict=True)
        ]
    )
    return slug, outcome.count(None)


def test_of_three_in_date_three_are_sold(market: Market) -> None:
    slug, served = _race(market)
    assert served == 3
    assert lots_of(slug) == {"today": 5, "late": 0}
    assert books_agree()


def test_without_the_date_in_the_guard_old_milk_is_sold(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mutant: no lot is ever out of date. It shows that the dates decide."""
    monkeypatch.setattr(selling, "available", lambda _at: StockLevel.on_hand - StockLevel.reserved)
    monkeypatch.setattr("kirana.stock.services.ledger.available", selling.available)
    monkeypatch.setattr("kirana.stock.lots.LotBook.is_over", lambda _book, _lot: False)
    slug, served = _race(market)
    assert served == 6 > 3
    assert lots_of(slug)["today"] == 0


@pytest.mark.on_database("postgresql")
def test_a_sale_that_waited_sees_what_became_of_the_lots(market: Market, buyer: Actor) -> None:
    """The manager throws away what is out of date while a buyer wants all that is good."""
    slug = sell_lots(market, ("today", 5, TODAY), ("late", 3, TODAY + DAY))
    lines = order_lines(buyer, (slug, 3))
    outcome: list[object] = []

    def buy() -> None:
        with clock.frozen(MIDNIGHT):
            outcome.append(take_for_lines(buyer, lines))

    with clock.frozen(MIDNIGHT), db.transaction() as connection:
        waste_goods(market.manager, slug, 5, Waste("expired"))
        waiting = threading.Thread(target=buy)
        waiting.start()
        wait_until(lambda: _waits_for_a_lock(connection), 20, "the buyer waits")
    waiting.join()
    assert outcome == [None]
    assert lots_of(slug) == {"today": 0, "late": 0}


def _waits_for_a_lock(connection: Connection) -> bool:
    waiting = "SELECT COUNT(*) FROM pg_locks WHERE NOT granted"
    return bool(connection.execute(text(waiting)).scalar_one())


def test_sixty_random_moves_leave_the_books_in_order(market: Market, buyer: Actor) -> None:
    chance = random.Random(7)
    slug = sell_lots(market)
    sold: list[list[selling.LineDemand]] = []
    for step in range(60):
        with clock.frozen(MORNING + step * timedelta(hours=4)):
            today = clock.utc_now().astimezone(MORNING.tzinfo).date()
            quantity = chance.randint(1, 5)
            lines = order_lines(buyer, (slug, quantity))
            deeds = [
                lambda q=quantity, d=today: deliver(
                    market.manager, slug, q * 3, "", d + DAY * chance.randint(0, 4)
                ),
                lambda x=lines: take_for_lines(buyer, x) or sold.append(x),
                lambda: sold and give_back_for_lines(SYSTEM, sold.pop(0)),
                lambda q=quantity: waste_goods(market.manager, slug, q, Waste("spoilt")),
                lambda q=quantity: adjust_stock(
                    market.manager, slug, chance.choice([q, -q]), "count"
                ),
            ]
            with contextlib.suppress(OutOfStock, Invalid):
                chance.choice([*deeds, deeds[1]])()
    assert books_agree()
    assert sum(lots_of(slug).values()) == level_row(slug).on_hand
