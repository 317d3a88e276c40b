"""The ledger tells a story: no movement is earlier than the one that it follows."""

import threading
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from kirana import check
from kirana.checkout.services import check_out
from kirana.platform import clock
from kirana.platform.amounts import Money
from kirana.platform.idempotency import Claim, Stored, once
from kirana.platform.probes import clear_probes, set_probe
from kirana.stock.errors import OutOfStock
from kirana.stock.ledger_queries import explain_stock
from kirana.stock.models import StockMovement
from kirana.stock.services import ledger
from kirana.stock.services.goods import Delivery, receive_goods
from kirana.stock.services.tracking import track_lots
from tests.cart.goods import make_person, make_product, make_store, stock_of
from tests.checkout.buying import HOME, buy, rows
from tests.checkout.holding import buyer_with
from tests.machinery.processes import wait_until
from tests.stock.lots import run_sql

pytestmark = pytest.mark.usefixtures("database")
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def _sell_what_comes_in_meanwhile() -> tuple[str, list[int]]:
    """An order begins, a delivery comes in, and the order sells it; each level on the way."""
    store = make_store()
    make_person("admin")
    manager, milk = make_person("manager", store), make_product(store, 1)
    late, early = buyer_with((milk, 1)), buyer_with((milk, 1))
    buy(early)

    def deliver() -> None:
        clear_probes()
        rival = threading.Thread(target=lambda: receive_goods(manager, milk, 1))
        rival.start()
        rival.join()

    set_probe("checkout.begun", deliver)
    claim = Claim.of(late, "key", b"order")
    once(claim, lambda: Stored(201, check_out(late, HOME, Money(5_000, "INR")).uid.encode()))
    moments = sorted(row.at for row in rows(StockMovement))
    return milk, [explain_stock(manager, milk, moment).on_hand for moment in moments]


@pytest.mark.on_database("postgresql")
def test_a_delivery_is_told_before_its_sale() -> None:
    milk, levels = _sell_what_comes_in_meanwhile()
    assert levels == [1, 0, 1, 0]
    assert stock_of(milk) == 0
    assert all(one.at < two.at for one, two in pairwise(rows(StockMovement)))
    assert check.run() == []


@pytest.mark.on_database("postgresql")
def test_mutant_that_books_at_the_moment_when_it_began(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sold before it came in: for a while the story says that there was less than nothing."""

    monkeypatch.setitem(ledger._LEVELS, True, ledger._LEVELS[False])
    monkeypatch.setattr(ledger, "_booked_at", lambda level: level.looked_at)
    _milk, levels = _sell_what_comes_in_meanwhile()
    assert min(levels) == -1


@pytest.mark.on_database("postgresql")
def test_a_sale_that_waited_beyond_midnight_sells_nothing_out_of_date() -> None:
    """It is judged at the moment at which it is booked."""
    store = make_store()
    manager, milk = make_person("manager", store), make_product(store, 0)
    track_lots(manager, milk, True)
    receive_goods(manager, milk, 1, "", Delivery("one", datetime.now(UTC).date() + timedelta(9)))
    buyer = buyer_with((milk, 1))
    ends = datetime.now(UTC) + timedelta(seconds=1)
    run_sql("UPDATE lot SET sold_until = :ends", ends=ends)
    set_probe("stock.before_take", lambda: wait_until(lambda: datetime.now(UTC) > ends, 5, "night"))
    try:
        with pytest.raises(OutOfStock) as refused:
            check_out(buyer, HOME, Money(5_000, "INR"))
    finally:
        clear_probes()
    assert [x["available"] for x in refused.value.details["shortages"]] == [0]
    assert stock_of(milk) == 1


def test_a_clock_that_goes_back_leaves_the_story_in_its_order() -> None:
    store = make_store()
    manager, milk = make_person("manager", store), make_product(store, 0)
    for moment in (NOON, NOON + HOUR, NOON):
        with clock.frozen(moment):
            receive_goods(manager, milk, 1)
    assert [row.at for row in rows(StockMovement)] == [NOON, NOON + HOUR, NOON + HOUR]
    with clock.frozen(NOON):
        assert explain_stock(manager, milk).on_hand == 3
        assert explain_stock(manager, milk, NOON).on_hand == 1
