"""Starting checkout keeps the goods: for whom, for how long, and what ends it."""

import contextlib
import dataclasses
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from kirana import check
from kirana.accounts.services import suspend
from kirana.cart.errors import BasketEmpty, KeptLongEnough, NotEnough
from kirana.cart.queries import basket_view
from kirana.cart.services import clear, merge_guest_cart, remove_line, set_line
from kirana.cart.services.carts import abandon_cart
from kirana.cart.services.forgetting import forget_baskets
from kirana.catalog.queries import catalog_version
from kirana.checkout.errors import LinesUnavailable, TooManyHolds
from kirana.checkout.queries import Hold, hold_of
from kirana.checkout.services import check_out, keep_on, leave_checkout, start_checkout
from kirana.platform import clock, db
from kirana.platform.access import Actor
from kirana.platform.amounts import Money
from kirana.platform.errors import Stale, Unauthorized
from kirana.stock import hold_queries
from kirana.stock.availability import FARTHEST_END, MOST_LIVES
from kirana.stock.errors import OutOfStock
from kirana.stock.models import Reservation
from kirana.stock.services.goods import adjust_stock, count_stock
from kirana.stock.store_queries import get_stock
from kirana.stock.tasks import release
from tests.cart.counting import counted
from tests.cart.goods import (
    change_product,
    make_guest,
    make_person,
    make_product,
    make_store,
    set_stock,
    stock_of,
)
from tests.checkout.buying import HOME, buy, count, rows
from tests.checkout.holding import SETTINGS, buyer_with, holds, let_lapse, shelf_of

pytestmark = pytest.mark.usefixtures("database")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
# The levels are locked, a hold's rows deleted and its levels lowered.
ENDING = 3
LIFE = timedelta(minutes=SETTINGS.hold_minutes)


@pytest.fixture
def store(database: object) -> int:
    make_person("admin")
    return make_store()


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


# ---- keeping


def test_a_start_keeps_every_line_for_its_time(store: int) -> None:
    milk, rice = make_product(store, 10), make_product(store, 5)
    buyer = buyer_with((milk, 3), (rice, 5))
    assert hold_of(basket_view(buyer)) == Hold(None, is_whole=False)
    with clock.frozen(NOON):
        start_checkout(buyer, SETTINGS)
        assert hold_of(basket_view(buyer)) == Hold(NOON + LIFE, is_whole=True)
    assert (shelf_of(milk), shelf_of(rice)) == ((10, 3), (5, 5))
    assert check.run() == []


def test_all_lines_or_none(store: int) -> None:
    milk, rice, tea = (make_product(store, 10) for _ in range(3))
    buyer = buyer_with((tea, 4), (rice, 4), (milk, 4))
    set_stock(rice, 3)
    set_stock(tea, 1)
    with pytest.raises(OutOfStock) as refused:
        start_checkout(buyer, SETTINGS)
    shortages = [
        (x["slug"], x["wanted"], x["available"]) for x in refused.value.details["shortages"]
    ]
    assert shortages == [(rice, 4, 3), (tea, 4, 1)]
    differing = {x["product"]: x["problem"] for x in refused.value.details["differences"]}
    assert differing == {rice: "short", tea: "short"}
    assert holds() == []
    assert shelf_of(milk) == (10, 0)


def test_what_is_kept_is_there_for_one_and_gone_for_others(store: int) -> None:
    milk = make_product(store, 3)
    buyer, other = buyer_with((milk, 2)), buyer_with((milk, 2))
    start_checkout(buyer, SETTINGS)
    [mine], [theirs] = basket_view(buyer).lines, basket_view(other).lines
    assert (mine.available, mine.problem) == (3, "")
    assert (theirs.available, theirs.problem) == (1, "short")
    with pytest.raises(OutOfStock):
        check_out(other, HOME, Money(10_000, "INR"))
    with pytest.raises(NotEnough):
        set_line(make_person(), milk, 2)
    with pytest.raises(NotEnough):
        set_line(buyer, milk, 4)
    set_line(buyer, milk, 3)
    assert hold_of(basket_view(buyer)).is_whole is False, "the third is not kept"
    assert holds()[0][1] == 2
    buy(buyer)
    assert shelf_of(milk) == (0, 0)
    assert check.run() == []


def test_an_order_takes_its_own_hold_first_and_the_rest_of_what_is_free(store: int) -> None:
    milk = make_product(store, 10)
    other = buyer_with((milk, 4))
    start_checkout(other, SETTINGS)
    buyer = buyer_with((milk, 2))
    start_checkout(buyer, SETTINGS)
    set_line(buyer, milk, 6)
    buy(buyer)
    assert shelf_of(milk) == (4, 4)
    assert check.run() == []
    buy(other)
    assert shelf_of(milk) == (0, 0)
    assert holds() == []


def test_without_a_hold_an_order_takes_what_is_free(store: int) -> None:
    milk = make_product(store, 3)
    holder = buyer_with((milk, 2))
    start_checkout(holder, SETTINGS)
    buy(buyer_with((milk, 1)))
    assert shelf_of(milk) == (2, 2)


@pytest.mark.parametrize("change", [{"status": "hidden"}, {"minimum": 4, "increment": 2}])
def test_what_cannot_be_ordered_is_not_kept(store: int, change: dict[str, object]) -> None:
    milk = make_product(store)
    buyer = buyer_with((milk, 3))
    change_product(milk, **change)
    with pytest.raises(LinesUnavailable):
        start_checkout(buyer, SETTINGS)
    assert shelf_of(milk) == (10, 0)


def test_nobody_keeps_an_empty_basket_or_without_a_name(store: int) -> None:
    with pytest.raises(BasketEmpty):
        start_checkout(make_person(), SETTINGS)
    guest = make_guest()
    set_line(guest, make_product(store), 1)
    with pytest.raises(Unauthorized):
        start_checkout(guest, SETTINGS)
    assert holds() == []


def test_a_basket_with_more_lines_than_one_may_hold(store: int) -> None:
    few = dataclasses.replace(SETTINGS, hold_lines=1)
    buyer = buyer_with((make_product(store), 1), (make_product(store), 1))
    with pytest.raises(TooManyHolds):
        start_checkout(buyer, few)
    assert holds() == []
    buy(buyer)


def test_of_much_a_part_is_kept_and_all_can_be_ordered(store: int) -> None:
    eggs = make_product(store, 900)
    rice = make_product(store, 90_000, unit="g", increment=50, minimum=10_000, price_per=1000)
    few = dataclasses.replace(SETTINGS, hold_increments=120)
    buyer = buyer_with((eggs, 121), (rice, 15_000))
    start_checkout(buyer, few)
    assert (shelf_of(eggs), shelf_of(rice)) == ((900, 120), (90_000, 10_000))
    assert not hold_of(basket_view(buyer)).is_whole
    start_checkout(buyer, few)
    assert shelf_of(eggs) == (900, 120)
    buy(buyer)
    assert (shelf_of(eggs), shelf_of(rice)) == ((779, 0), (75_000, 0))
    assert check.run() == []


def test_of_much_all_must_be_there_though_a_part_is_kept(store: int) -> None:
    eggs = make_product(store, 200)
    buyer = buyer_with((eggs, 200))
    set_stock(eggs, 150)
    with pytest.raises(OutOfStock) as refused:
        start_checkout(buyer, SETTINGS)
    assert [x["available"] for x in refused.value.details["shortages"]] == [150]
    assert holds() == []


def test_a_suspension_lets_go_of_what_is_kept(store: int) -> None:
    milk, admin = make_product(store), make_person("admin")
    buyer = buyer_with((milk, 2))
    start_checkout(buyer, SETTINGS)
    suspend(admin, buyer.uid, "fraud")
    assert (shelf_of(milk), holds()) == ((10, 0), [])
    assert [line.quantity for line in basket_view(buyer).lines] == [2], "the basket stays"
    with pytest.raises(Unauthorized):
        start_checkout(buyer, SETTINGS)
    assert holds() == []
    assert check.run() == []


# ---- time


def test_going_on_extends_the_same_rows_up_to_three_lives(store: int) -> None:
    buyer = buyer_with((make_product(store), 1), (make_product(store), 2))
    ends, ids = [], set()
    for minute, go_on in ((0, start_checkout), (9, start_checkout), (18, keep_on), (27, keep_on)):
        with clock.frozen(at(minute)):
            go_on(buyer, SETTINGS)
            ends.append(hold_of(basket_view(buyer)).until)
            ids.add(tuple(row.id for row in rows(Reservation)))
    assert ends == [at(10), at(19), at(28), at(30)]
    assert len(ids) == 1
    with clock.frozen(at(30)):
        keep_on(buyer, SETTINGS)
        assert hold_of(basket_view(buyer)) == Hold(None, is_whole=False)
        with pytest.raises(KeptLongEnough):
            start_checkout(buyer, SETTINGS)
        assert hold_of(basket_view(buyer)) == Hold()
    with clock.frozen(at(40)):
        start_checkout(buyer, SETTINGS)
        assert hold_of(basket_view(buyer)).until == at(50), "a new one, if nobody was faster"


def test_leaving_and_starting_anew_gives_no_more_time(store: int) -> None:
    """All that there is, hour after hour: of each forty minutes ten are the others'."""
    milk = make_product(store, 3)
    buyer, other = buyer_with((milk, 3)), make_person()
    free = []
    for minute in range(0, 80, 2):
        with clock.frozen(at(minute)):
            leave_checkout(buyer)
            with contextlib.suppress(KeptLongEnough):
                start_checkout(buyer, SETTINGS)
            try:
                set_line(other, milk, 1)
                remove_line(other, milk)
                free.append(minute)
            except NotEnough:
                pass
    assert free == [30, 32, 34, 36, 38, 70, 72, 74, 76, 78]
    with clock.frozen(at(79)):
        buy(buyer)
        assert check.run() == []


def test_a_line_put_in_later_shares_the_end_of_the_others(store: int) -> None:
    buyer = buyer_with((make_product(store), 1))
    with clock.frozen(at(0)):
        start_checkout(buyer, SETTINGS)
    for minute in (8, 16, 24):
        with clock.frozen(at(minute)):
            set_line(buyer, make_product(store), 1)
            start_checkout(buyer, SETTINGS)
    assert {row.expires_at for row in rows(Reservation)} == {at(30)}


def test_after_the_time_whoever_comes_first_gets_it(store: int) -> None:
    milk = make_product(store, 2)
    buyer, other = buyer_with((milk, 2)), make_person()
    with clock.frozen(at(0)):
        start_checkout(buyer, SETTINGS)
        with pytest.raises(NotEnough):
            set_line(other, milk, 1)
    with clock.frozen(at(10)):
        set_line(other, milk, 1)
        buy(other)
        assert shelf_of(milk) == (1, 0)
        with pytest.raises(OutOfStock) as refused:
            check_out(buyer, HOME, Money(10_000, "INR"))
        assert [x["available"] for x in refused.value.details["shortages"]] == [1]
        set_line(buyer, milk, 1)
        buy(buyer)
    assert (stock_of(milk), holds()) == (0, [])
    with clock.frozen(at(11)):
        assert check.run() == []


def test_after_the_time_an_order_still_goes_if_it_is_there(store: int) -> None:
    milk = make_product(store, 2)
    buyer = buyer_with((milk, 2))
    with clock.frozen(at(0)):
        start_checkout(buyer, SETTINGS)
    with clock.frozen(at(60)):
        assert basket_view(buyer).can_check_out
        buy(buyer)
    assert shelf_of(milk) == (0, 0)


def test_another_start_lets_go_of_lapsed_holds(store: int) -> None:
    milk = make_product(store, 2)
    first, second = buyer_with((milk, 2)), buyer_with((milk, 2))
    with clock.frozen(at(0)):
        start_checkout(first, SETTINGS)
        with pytest.raises(OutOfStock):
            start_checkout(second, SETTINGS)
    with clock.frozen(at(10)):
        start_checkout(second, SETTINGS)
        assert hold_of(basket_view(second)).is_whole
        assert hold_of(basket_view(first)) == Hold()
    assert shelf_of(milk) == (2, 2)


def test_the_sweep_ends_what_lapsed_page_by_page(
    store: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hold_queries, "PAGE", 2)
    goods = [make_product(store, 5) for _ in range(5)]
    start_checkout(buyer_with(*((slug, 1) for slug in goods)), SETTINGS)
    start_checkout(buyer_with((goods[0], 3)), SETTINGS)
    release()
    assert [shelf_of(slug)[1] for slug in goods] == [4, 1, 1, 1, 1]
    let_lapse()
    start_checkout(buyer_with((goods[1], 2)), SETTINGS)
    release()
    assert [shelf_of(slug)[1] for slug in goods] == [0, 2, 0, 0, 0]
    assert check.run() == []


def test_the_catalogue_follows_a_hold_and_its_end(store: int) -> None:
    milk = make_product(store, 3)
    buyer = buyer_with((milk, 3))
    seen = [catalog_version()]
    for change in (
        lambda: start_checkout(buyer, SETTINGS),
        lambda: leave_checkout(buyer),
        lambda: start_checkout(buyer, SETTINGS),
        lambda: (let_lapse(), release()),
        lambda: start_checkout(buyer, SETTINGS),
        lambda: set_line(buyer, milk, 2),
    ):
        change()
        seen.append(catalog_version())
    assert all(later > before for before, later in pairwise(seen)), seen


def test_a_manager_finds_no_lapsed_hold_in_the_way(store: int) -> None:
    milk, manager = make_product(store, 5), make_person("manager", store)
    start_checkout(buyer_with((milk, 4)), SETTINGS)
    with pytest.raises(OutOfStock):
        adjust_stock(manager, milk, -2, "broken")
    let_lapse()
    adjust_stock(manager, milk, -2, "broken")
    assert shelf_of(milk) == (3, 0)


def test_a_count_goes_by_the_version_that_was_shown_while_a_hold_had_lapsed(store: int) -> None:
    milk, manager = make_product(store, 10), make_person("manager", store)
    start_checkout(buyer_with((milk, 2)), SETTINGS)
    let_lapse()
    shown = get_stock(manager, milk)
    assert shown.reserved == 2
    with pytest.raises(Stale):
        count_stock(manager, milk, 9, shown.version - 1)
    assert count_stock(manager, milk, 9, shown.version).on_hand == 9
    assert shelf_of(milk) == (9, 0)
    with pytest.raises(Stale):
        count_stock(manager, milk, 8, shown.version)
    assert check.run() == []


def test_a_hold_that_was_made_while_the_clock_was_ahead_has_lapsed(store: int) -> None:
    milk, rice = make_product(store, 2), make_product(store, 2)
    early = [buyer_with((milk, 2)), buyer_with((rice, 2))]
    other = make_person()
    with clock.frozen(NOON + timedelta(days=30)):
        for buyer in early:
            start_checkout(buyer, SETTINGS)
    with clock.frozen(NOON):
        assert hold_of(basket_view(early[0])) == Hold()
        set_line(other, milk, 2)
        start_checkout(other, SETTINGS)
        assert hold_of(basket_view(other)).until == at(10)
        release()
        assert (shelf_of(milk), shelf_of(rice)) == ((2, 2), (2, 0))
        keep_on(early[1], SETTINGS)
        start_checkout(early[1], SETTINGS)
        assert hold_of(basket_view(early[1])).until == at(10)


def test_no_hold_that_is_allowed_ends_as_far_away_as_one_that_is_not(store: int) -> None:
    [longest] = [
        item.metadata["bounds"][1]
        for item in dataclasses.fields(SETTINGS)
        if item.name == "hold_minutes"
    ]
    assert timedelta(minutes=longest) * MOST_LIVES == FARTHEST_END


# ---- what changes the basket changes the hold


def test_less_is_kept_of_a_line_that_shrinks(store: int) -> None:
    milk, rice = make_product(store), make_product(store)
    buyer = buyer_with((milk, 4), (rice, 2))
    start_checkout(buyer, SETTINGS)
    set_line(buyer, milk, 1)
    assert (shelf_of(milk), shelf_of(rice)) == ((10, 1), (10, 2))
    assert hold_of(basket_view(buyer)).is_whole
    remove_line(buyer, rice)
    assert (shelf_of(milk), shelf_of(rice)) == ((10, 1), (10, 0))
    assert check.run() == []


def test_a_line_that_grew_and_shrinks_keeps_what_was_kept(store: int) -> None:
    milk = make_product(store)
    buyer = buyer_with((milk, 2))
    start_checkout(buyer, SETTINGS)
    set_line(buyer, milk, 5)
    set_line(buyer, milk, 3)
    assert shelf_of(milk) == (10, 2)


def _sign_in_elsewhere(buyer: Actor, milk: str) -> None:
    guest = make_guest()
    set_line(guest, milk, 3)
    with db.transaction() as connection:
        merge_guest_cart(connection, account_id=buyer.me(), guest_hash=guest.guest_hash)


def _abandon(buyer: Actor) -> None:
    with db.transaction() as connection:
        abandon_cart(connection, buyer)


def _erase(buyer: Actor) -> None:
    with db.transaction() as connection:
        forget_baskets(connection, buyer.me())


@pytest.mark.parametrize("end", [clear, leave_checkout, _abandon, _erase, buy])
def test_what_ends_a_basket_ends_its_hold(store: int, end: object) -> None:
    milk = make_product(store)
    buyer, other = buyer_with((milk, 2)), buyer_with((milk, 1))
    start_checkout(buyer, SETTINGS)
    start_checkout(other, SETTINGS)
    end(buyer)  # type: ignore[operator]
    assert [held for _product, held in holds()] == [1]
    assert shelf_of(milk)[1] == 1
    assert check.run() == []


def test_a_merge_leaves_the_hold_and_what_it_adds_unheld(store: int) -> None:
    milk = make_product(store)
    buyer = buyer_with((milk, 2))
    start_checkout(buyer, SETTINGS)
    _sign_in_elsewhere(buyer, milk)
    assert [line.quantity for line in basket_view(buyer).lines] == [3]
    assert (shelf_of(milk), hold_of(basket_view(buyer)).is_whole) == ((10, 2), False)
    assert check.run() == []


def test_a_merge_counts_what_is_kept_for_the_account(store: int) -> None:
    milk = make_product(store, 3)
    guest, buyer = make_guest(), buyer_with((milk, 2))
    set_line(guest, milk, 3)
    start_checkout(buyer, SETTINGS)
    with db.transaction() as connection:
        merge_guest_cart(connection, account_id=buyer.me(), guest_hash=guest.guest_hash)
    assert [line.quantity for line in basket_view(buyer).lines] == [3]


def test_the_statement_budget_with_a_hold(store: int) -> None:
    buyer = buyer_with(*((make_product(store, 100), 1) for _ in range(3)))
    start_checkout(buyer, SETTINGS)
    with counted() as statements:
        check_out(buyer, HOME, Money(15_000, "INR"))
    assert len(statements) <= 13 + 3 + ENDING, "\n".join(statements)
    assert count(Reservation) == 0
