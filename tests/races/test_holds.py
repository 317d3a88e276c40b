"""Goods that are kept, ordered, given up and swept by many at once: every unit has one owner."""

import pytest

from kirana import check
from kirana.cart.queries import basket_view
from kirana.checkout.services import check_out, leave_checkout, start_checkout
from kirana.orders.models import Order
from kirana.platform.access import Actor
from kirana.platform.amounts import Money
from kirana.stock.services import selling
from kirana.stock.services.holds import sweep_holds
from tests.cart.goods import make_person, make_product, make_store
from tests.checkout.buying import HOME, buy, count
from tests.checkout.holding import SETTINGS, buyer_with, let_lapse, shelf_of
from tests.races.threads import at_once, raised, repeated, succeeded

pytestmark = pytest.mark.usefixtures("database")
BUYERS, UNITS = 8, 3


def order(buyer: Actor, total: Money) -> None:
    check_out(buyer, HOME, total)


def keep_and_order(buyer: Actor, total: Money) -> None:
    start_checkout(buyer, SETTINGS)
    check_out(buyer, HOME, total)


def keep_and_leave(buyer: Actor, _total: Money) -> None:
    start_checkout(buyer, SETTINGS)
    leave_checkout(buyer)


@repeated
def test_a_rush_for_what_is_kept(attempt: int) -> None:
    """Eight buyers for three units: two keep them, whose time is over as the others come.

    All know the sum from before: what a basket shows in the rush may lack what is gone just then.
    """
    make_person("admin")
    store = make_store()
    milk, rice = make_product(store, UNITS), make_product(store, 100)
    buyers = [buyer_with((rice, 1), (milk, 1)) for _ in range(BUYERS)]
    total = Money(basket_view(buyers[0]).total_minor, "INR")
    for buyer in buyers[:2]:
        start_checkout(buyer, SETTINGS)
    let_lapse()
    deeds = (order, keep_and_order, keep_and_leave, order)
    acts = [lambda who=who, act=deeds[n % 4]: act(who, total) for n, who in enumerate(buyers)]
    outcomes = at_once([*acts, sweep_holds, sweep_holds])
    sold = count(Order)
    assert set(raised(outcomes)) <= {"OutOfStock"}, outcomes
    assert len(succeeded(outcomes)) >= 2 + UNITS
    assert (shelf_of(milk), shelf_of(rice)) == ((UNITS - sold, 0), (100 - sold, 0))
    assert check.run() == []


@repeated
def test_mutant_that_sells_and_goes_on_keeping(
    attempt: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sold, and still kept: the last unit is lost to everybody, and kirana check says so."""
    make_person("admin")
    milk = make_product(make_store(), 2)
    buyer = buyer_with((milk, 1))
    start_checkout(buyer, SETTINGS)
    monkeypatch.setattr(selling, "release_first", lambda *_: {})
    buy(buyer)
    assert shelf_of(milk) == (1, 1)
    assert [finding.rule for finding in check.run()] == [
        "a hold is of a line in an open basket, and no more than the line"
    ]
