"""Signing in with a full guest basket."""

import pytest
from sqlalchemy import Connection, select

from kirana.cart.models import Cart
from kirana.cart.queries import EMPTY, basket_view
from kirana.cart.services.lines import set_line
from kirana.cart.services.merging import merge_guest_cart
from kirana.cart.steps import MOST_LINES
from kirana.platform.access import Actor
from kirana.platform.db import query, verb
from tests.cart.goods import (
    change_product,
    make_guest,
    make_person,
    make_product,
    make_store,
    set_stock,
)

pytestmark = pytest.mark.usefixtures("database")


@verb
def sign_in(connection: Connection, person: Actor, guest: Actor) -> str | None:
    return merge_guest_cart(connection, account_id=person.me(), guest_hash=guest.guest_hash)


@query
def statuses(connection: Connection) -> list[str]:
    return list(connection.execute(select(Cart.status).order_by(Cart.id)).scalars())


def quantities(actor: Actor) -> dict[str, int]:
    return {line.slug: line.quantity for line in basket_view(actor).lines}


@pytest.fixture
def store() -> int:
    return make_store()


def test_a_guest_without_a_basket(store: int) -> None:
    person = make_person()
    assert sign_in(person, make_guest()) is None
    assert sign_in(person, Actor()) is None
    assert statuses() == []


def test_the_guests_basket_becomes_the_accounts(store: int) -> None:
    milk, guest, person = make_product(store), make_guest(), make_person()
    set_line(guest, milk, 2)
    note = sign_in(person, guest)
    assert note == "1 thing from before joined your basket."
    assert quantities(person) == {milk: 2}
    assert basket_view(guest) == EMPTY
    assert statuses() == ["abandoned", "open"]


def test_the_larger_quantity_stays(store: int) -> None:
    milk, rice, tea = (make_product(store) for _ in range(3))
    guest, person = make_guest(), make_person()
    for actor, wishes in ((guest, {milk: 5, rice: 1}), (person, {milk: 2, rice: 3, tea: 1})):
        for slug, quantity in wishes.items():
            set_line(actor, slug, quantity)
    sign_in(person, guest)
    assert quantities(person) == {milk: 5, rice: 3, tea: 1}


def test_nothing_new_is_said_so(store: int) -> None:
    milk, guest, person = make_product(store), make_guest(), make_person()
    set_line(guest, milk, 1)
    set_line(person, milk, 1)
    assert "already had everything" in str(sign_in(person, guest))


def test_stock_caps_what_is_added_and_the_note_names_it(store: int) -> None:
    milk, guest, person = make_product(store, title="Milk"), make_guest(), make_person()
    set_line(guest, milk, 8)
    set_stock(milk, 3)
    assert "less than you wished of: Milk (3 instead of 8)." in str(sign_in(person, guest))
    assert quantities(person) == {milk: 3}


def test_sold_out_and_hidden_things_are_not_dropped(store: int) -> None:
    milk, rice, guest, person = (
        make_product(store),
        make_product(store),
        make_guest(),
        make_person(),
    )
    set_line(guest, milk, 2)
    set_line(guest, rice, 2)
    set_stock(milk, 0)
    change_product(rice, status="hidden")
    sign_in(person, guest)
    assert quantities(person) == {milk: 2, rice: 2}
    assert [line.problem for line in basket_view(person).lines] == ["out_of_stock", "unavailable"]


def test_what_does_not_fit_is_named(store: int) -> None:
    guest, person = make_guest(), make_person()
    for _ in range(MOST_LINES):
        set_line(person, make_product(store), 1)
    set_line(guest, make_product(store, title="Saffron"), 1)
    assert "left out: Saffron" in str(sign_in(person, guest))
    assert basket_view(person).count == MOST_LINES


def test_signing_in_twice_doubles_nothing(store: int) -> None:
    milk, guest, person = make_product(store), make_guest(), make_person()
    set_line(guest, milk, 2)
    sign_in(person, guest)
    assert sign_in(person, guest) is None
    assert quantities(person) == {milk: 2}


def test_what_is_sold_out_is_not_raised(store: int) -> None:
    milk, guest, person = make_product(store, title="Milk"), make_guest(), make_person()
    set_line(guest, milk, 9)
    set_line(person, milk, 2)
    set_stock(milk, 0)
    assert "less than you wished of: Milk (2 instead of 9)." in str(sign_in(person, guest))
    assert quantities(person) == {milk: 2}


def test_a_wish_beyond_what_is_there_is_told_where_nothing_is_added(store: int) -> None:
    milk, guest, person = make_product(store, title="Milk"), make_guest(), make_person()
    set_line(guest, milk, 6)
    set_line(person, milk, 4)
    set_stock(milk, 4)
    told = str(sign_in(person, guest))
    assert told.startswith("No things from before joined your basket.")
    assert "Milk (4 instead of 6)" in told
    assert quantities(person) == {milk: 4}
