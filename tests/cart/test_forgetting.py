"""Baskets that guests left behind."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from kirana.cart.models import Cart, CartLine
from kirana.cart.queries import EMPTY, basket_view
from kirana.cart.services.forgetting import forget_guests_baskets
from kirana.cart.services.lines import set_line
from kirana.cart.services.merging import merge_guest_cart
from kirana.cart.tasks import forget_baskets
from kirana.cart.visitors import KEPT_SECONDS
from kirana.platform import clock
from kirana.platform.access import Actor
from kirana.platform.celery import _schedule
from kirana.platform.db import query, verb
from tests.cart.goods import make_guest, make_person, make_product, make_store

pytestmark = pytest.mark.usefixtures("database")

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEPT = timedelta(seconds=KEPT_SECONDS)


@query
def left(connection: Connection) -> dict[str, tuple[str | None, ...]]:
    """Whose carts there are, and of which carts there are lines."""
    lines = select(Cart.guest_hash).join(CartLine, CartLine.cart_id == Cart.id).order_by(Cart.id)
    carts = select(Cart.guest_hash).order_by(Cart.id)
    tables = {"carts": carts, "lines": lines}
    return {name: tuple(connection.execute(x).scalars()) for name, x in tables.items()}


@verb
def sign_in(connection: Connection, person: Actor, guest: Actor) -> None:
    merge_guest_cart(connection, account_id=person.me(), guest_hash=guest.guest_hash)


def test_a_basket_goes_when_its_cookie_is_gone() -> None:
    milk = make_product(make_store())
    once, again, merged, person = make_guest(), make_guest(), make_guest(), make_person()
    with clock.frozen(NOON):
        for each in (once, again, merged):
            set_line(each, milk, 1)
        sign_in(person, merged)
    with clock.frozen(NOON + timedelta(days=1)):
        set_line(again, milk, 2)
    with clock.frozen(NOON + KEPT):
        assert forget_guests_baskets() == 0
    with clock.frozen(NOON + KEPT + timedelta(seconds=1)):
        forget_baskets()
        assert left() == {"carts": (again.guest_hash, None), "lines": (again.guest_hash, None)}
        assert basket_view(once) == EMPTY
        set_line(once, milk, 3)  # somebody kept the cookie all the same
        assert [line.quantity for line in basket_view(once).lines] == [3]
    assert [line.quantity for line in basket_view(person).lines] == [1]


def test_many_go_in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kirana.platform.purging.BATCH", 2)
    milk = make_product(make_store())
    with clock.frozen(NOON):
        for _ in range(5):
            set_line(make_guest(), milk, 1)
    with clock.frozen(NOON + KEPT + timedelta(seconds=1)):
        assert forget_guests_baskets() == 5
    assert left() == {"carts": (), "lines": ()}


def test_it_is_done_each_night() -> None:
    tasks: list[Any] = [each["task"] for each in _schedule().values()]
    assert tasks.count("upkeep.forget_baskets") == 1
