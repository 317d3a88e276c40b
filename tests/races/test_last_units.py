"""Fifty buyers for ten units: ten get one. And the mutant that shows the test can fail.

The same over HTTP is in test_storms.
"""

import threading
from collections import Counter

import pytest

from kirana import check
from kirana.cart.services import set_line
from kirana.checkout.services import check_out
from kirana.orders.models import Order
from kirana.platform.access import Actor
from kirana.platform.amounts import Money
from kirana.platform.probes import clear_probes, set_probe
from kirana.stock.errors import OutOfStock
from tests.cart.goods import make_person, make_product, make_store, movements_of, stock_of
from tests.checkout.buying import HOME, count
from tests.races.mutants import looks_then_takes
from tests.races.threads import at_once, raised, repeated, succeeded

BUYERS = 50
UNITS = 10
# Of the mutant, as many as there are connections; each wants two.
FEW = 8
PRICE = Money(5000, "INR")


def queue_of_buyers(length: int, wish: int) -> tuple[str, list[Actor]]:
    """A product of which ten are left, and people with ``wish`` of it in their baskets."""
    make_person("admin")
    slug = make_product(make_store(), UNITS)
    buyers = [make_person() for _ in range(length)]
    for buyer in buyers:
        set_line(buyer, slug, wish)
    return slug, buyers


@repeated
@pytest.mark.usefixtures("database")
def test_ten_of_fifty_threads_buy(attempt: int) -> None:
    slug, buyers = queue_of_buyers(BUYERS, 1)
    outcomes = at_once([lambda who=buyer: check_out(who, HOME, PRICE) for buyer in buyers])
    assert len(succeeded(outcomes)) == UNITS
    assert raised(outcomes) == ["OutOfStock"] * (BUYERS - UNITS)
    assert all(error.details["shortages"] for error in outcomes if isinstance(error, OutOfStock))
    assert stock_of(slug) == 0
    assert Counter(movements_of(slug)) == {("received", UNITS): 1, ("sold", -1): UNITS}
    assert count(Order) == UNITS
    assert check.run() == []


@repeated
@pytest.mark.usefixtures("unguarded")
def test_the_mutant_sells_what_is_not_there(attempt: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody has looked before anybody takes."""
    looks_then_takes(monkeypatch)
    slug, buyers = queue_of_buyers(FEW, 2)
    everybody_has_looked, price = threading.Barrier(FEW), Money(10_000, "INR")
    set_probe("stock.before_take", lambda: everybody_has_looked.wait(60) and None)
    try:
        outcomes = at_once([lambda who=buyer: check_out(who, HOME, price) for buyer in buyers])
    finally:
        clear_probes()
    assert len(succeeded(outcomes)) == FEW, outcomes
    assert stock_of(slug) == UNITS - 2 * FEW
