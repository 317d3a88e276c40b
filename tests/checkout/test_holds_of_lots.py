"""Goods that go out of date while they are kept: whoever kept them first gets what is in date."""

import itertools
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest

from kirana import check
from kirana.cart.queries import basket_view
from kirana.checkout.queries import hold_of
from kirana.checkout.services import check_out, start_checkout
from kirana.platform import clock
from kirana.platform.access import Actor
from kirana.platform.amounts import Money
from kirana.stock.errors import OutOfStock
from kirana.stock.services import holds as holding
from kirana.stock.services.goods import Delivery, Waste, receive_goods, waste_goods
from kirana.stock.services.tracking import track_lots
from kirana.stock.tasks import release
from tests.cart.goods import make_person, make_product, make_store, stock_of
from tests.checkout.buying import HOME, buy
from tests.checkout.holding import A_MINUTE, SETTINGS, buyer_with, holds, shelf_of
from tests.races.threads import at_once, raised, succeeded
from tests.stock.lots import MIDNIGHT, TODAY

pytestmark = pytest.mark.usefixtures("database")
EVENING = MIDNIGHT - A_MINUTE
FIVE = Money(25_000, "INR")


class Shelf:
    """Ten of a product, five of which end at midnight, and two who keep five each."""

    def __init__(self, second: int = 5) -> None:
        store = make_store()
        make_person("admin")
        self.manager = make_person("manager", store)
        self.milk = make_product(store, 0)
        with clock.frozen(EVENING):
            track_lots(self.manager, self.milk, True)
            for code, day in (("old", TODAY), ("new", TODAY.replace(day=30))):
                receive_goods(self.manager, self.milk, 5, "", Delivery(code, day))
            self.first = buyer_with((self.milk, 5))
            self.second = buyer_with((self.milk, second))
            for buyer in (self.first, self.second):
                start_checkout(buyer, SETTINGS)

    def kept(self) -> list[int]:
        return [quantity for _product, quantity in holds()]


def test_who_kept_first_orders_what_is_in_date() -> None:
    shelf = Shelf()
    with clock.frozen(MIDNIGHT):
        with pytest.raises(OutOfStock) as refused:
            check_out(shelf.second, HOME, FIVE)
        assert [x["available"] for x in refused.value.details["shortages"]] == [0]
        check_out(shelf.first, HOME, FIVE)
        assert (shelf_of(shelf.milk), shelf.kept()) == ((5, 0), [])
        assert check.run() == []


def test_a_start_says_what_is_short_and_keeps_what_it_promises() -> None:
    shelf = Shelf()
    with clock.frozen(MIDNIGHT):
        assert not hold_of(basket_view(shelf.first)).is_whole
        assert not hold_of(basket_view(shelf.second)).is_whole
        with pytest.raises(OutOfStock) as refused:
            start_checkout(shelf.second, SETTINGS)
        assert [x["available"] for x in refused.value.details["shortages"]] == [0]
        start_checkout(shelf.first, SETTINGS)
        assert hold_of(basket_view(shelf.first)).is_whole
        assert shelf.kept() == [5]
        buy(shelf.first)
        assert check.run() == []


def test_a_manager_writes_off_what_went_out_of_date_while_it_was_kept() -> None:
    shelf = Shelf(second=3)
    with clock.frozen(MIDNIGHT):
        waste_goods(shelf.manager, shelf.milk, 5, Waste("expired"))
        assert (shelf_of(shelf.milk), shelf.kept()) == ((5, 5), [5])
        with pytest.raises(OutOfStock):
            waste_goods(shelf.manager, shelf.milk, 1, Waste("damaged"))
        buy(shelf.first)
        assert stock_of(shelf.milk) == 0
        assert check.run() == []


def test_the_sweep_leaves_to_each_what_is_in_date() -> None:
    """Both baskets are told the truth a minute after midnight, without anybody acting."""
    shelf = Shelf()
    with clock.frozen(EVENING):
        release()
    assert shelf.kept() == [5, 5]
    with clock.frozen(MIDNIGHT):
        release()
        assert (shelf_of(shelf.milk), shelf.kept()) == ((10, 5), [5])
        assert basket_view(shelf.first).can_check_out
        assert [x.problem for x in basket_view(shelf.second).lines] == ["out_of_stock"]
        release()
        assert shelf.kept() == [5]


def test_a_newer_hold_shrinks_no_further_than_it_must() -> None:
    shelf = Shelf()
    with clock.frozen(EVENING):
        receive_goods(shelf.manager, shelf.milk, 2, "", Delivery("new", TODAY.replace(day=30)))
    with clock.frozen(MIDNIGHT):
        release()
        assert shelf.kept() == [5, 2]
        buy(shelf.first)
        assert shelf.kept() == [2]
        assert check.run() == []


def _both_order(shelf: Shelf) -> list[object]:
    def order(buyer: Actor) -> Callable[[], object]:
        def act() -> object:
            with clock.frozen(MIDNIGHT):
                return check_out(buyer, HOME, FIVE)

        return act

    return at_once([order(shelf.first), order(shelf.second)])


def test_of_two_at_once_the_first_holder_is_served() -> None:
    shelf = Shelf()
    outcomes = _both_order(shelf)
    assert (len(succeeded(outcomes)), raised(outcomes)) == (1, ["OutOfStock"])
    assert not isinstance(outcomes[0], Exception)
    assert (shelf_of(shelf.milk), shelf.kept()) in (((5, 0), []), ((5, 5), [5]))
    with clock.frozen(MIDNIGHT):
        release()
        assert (shelf_of(shelf.milk), shelf.kept()) == ((5, 0), [])
        assert check.run() == []


def test_mutant_without_giving_way_serves_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holding, "_let_give_way", lambda *_: None)
    shelf = Shelf()
    assert raised(_both_order(shelf)) == ["OutOfStock", "OutOfStock"]


@pytest.mark.parametrize("is_held", [False, True])
def test_midnight_falls_between_any_two_looks_at_the_clock(
    is_held: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An order is of one day: it takes goods of the old one, or says that there are none."""
    manager = make_person("manager", store := make_store())
    make_person("admin")
    for look in itertools.count(1):
        milk = make_product(store, 0)
        with clock.frozen(EVENING):
            track_lots(manager, milk, True)
            receive_goods(manager, milk, 5, "", Delivery("old", TODAY))
            buyer = buyer_with((milk, 5))
            if is_held:
                start_checkout(buyer, SETTINGS)
        looks = itertools.count(1)
        outcome, last = _order_as_the_day_ends(buyer, looks, look, monkeypatch)
        assert raised([outcome]) in ([], ["OutOfStock"])
        if last < look:
            break
    assert not isinstance(outcome, Exception), "it was over before midnight"
    with clock.frozen(MIDNIGHT):
        assert check.run() == []


def _order_as_the_day_ends(
    buyer: Actor, looks: Iterator[int], midnight_at: int, monkeypatch: pytest.MonkeyPatch
) -> tuple[object, int]:
    """What the order came to, and how often it looked at the clock."""

    def look() -> datetime:
        return EVENING if next(looks) < midnight_at else MIDNIGHT

    with monkeypatch.context() as patch:
        patch.setattr(clock, "utc_now", look)
        patch.setattr(clock, "is_asked_for", lambda _connection: False)
        [outcome] = at_once([lambda: check_out(buyer, HOME, FIVE)])
    return outcome, next(looks) - 1
