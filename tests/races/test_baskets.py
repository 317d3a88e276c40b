"""Baskets changed from two sides at once."""

import threading

import pytest

from kirana.cart.models import Cart
from kirana.cart.queries import basket_view
from kirana.cart.services import change_line, set_line
from kirana.platform.access import Actor
from tests.cart.goods import make_guest, make_person, make_product, make_store
from tests.checkout.buying import buy, count
from tests.races.scenes import sign_in
from tests.races.threads import at_once, raised, repeated

pytestmark = pytest.mark.usefixtures("database")


def quantities(actor: Actor) -> dict[str, int]:
    return {line.slug: line.quantity for line in basket_view(actor).lines}


@repeated
@pytest.mark.parametrize("make", [make_guest, make_person])
def test_no_add_is_lost_and_the_basket_is_one(make: object, attempt: int) -> None:
    shopper: Actor = make()  # type: ignore[operator]
    store = make_store()
    milk, others = make_product(store, 100), [make_product(store) for _ in range(5)]
    adds = [lambda: change_line(shopper, milk, 1)] * 5
    adds += [lambda slug=slug: set_line(shopper, slug, 2) for slug in others]
    assert raised(at_once(adds)) == []
    assert quantities(shopper) == {milk: 5, **dict.fromkeys(others, 2)}
    assert count(Cart) == 1
    assert basket_view(shopper).version == 11


@repeated
def test_two_devices_sign_in_at_once(attempt: int) -> None:
    store, person = make_store(), make_person()
    phone, laptop = make_guest(), make_guest()
    milk, rice, tea = (make_product(store) for _ in range(3))
    for guest, wishes in ((phone, {milk: 3, rice: 1}), (laptop, {milk: 2, tea: 4})):
        for slug, quantity in wishes.items():
            set_line(guest, slug, quantity)
    outcomes = at_once([lambda who=guest: sign_in(person, who) for guest in (phone, laptop)])
    assert raised(outcomes) == []
    assert quantities(person) == {milk: 3, rice: 1, tea: 4}
    assert count(Cart, Cart.status == "abandoned") == 2


@repeated
def test_one_guest_signs_in_twice_at_once(attempt: int) -> None:
    store, person, guest = make_store(), make_person(), make_guest()
    milk = make_product(store)
    set_line(guest, milk, 2)
    outcomes = at_once([lambda: sign_in(person, guest)] * 4)
    assert raised(outcomes) == []
    assert len([note for note in outcomes if note]) == 1
    assert quantities(person) == {milk: 2}


@repeated
def test_an_add_beside_the_checkout_is_ordered_or_waits(attempt: int) -> None:
    store, buyer = make_store(), make_person()
    milk, rice = make_product(store), make_product(store)
    set_line(buyer, milk, 1)
    ordered = threading.Event()

    def order() -> int:
        try:
            return buy(buyer).orders[0].line_count
        finally:
            ordered.set()

    outcomes = at_once([order, lambda: set_line(buyer, rice, 1)])
    if raised(outcomes) == ["PriceChanged"]:
        assert quantities(buyer) == {milk: 1, rice: 1}
    else:
        assert raised(outcomes) == []
        in_order, waiting = outcomes[0], len(quantities(buyer))
        assert in_order + waiting == 2
