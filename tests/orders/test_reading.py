"""Lists of orders: one's own and a store's, page by page."""

import pytest
from sqlalchemy import Connection, select

from kirana.cart.services import set_line
from kirana.orders.queries import (
    find_last_delivery,
    get_order,
    list_my_orders,
    list_store_orders,
    thumbs_of,
)
from kirana.orders.services import move_order
from kirana.orders.shapes import OrdersQuery, StoreOrdersQuery
from kirana.orders.showing import show_order, stages_of
from kirana.platform.access import Actor
from kirana.platform.db import query
from kirana.platform.errors import Invalid, NotFound
from kirana.stores.models import Store
from tests.cart.counting import counted
from tests.cart.goods import make_person, make_product, make_store
from tests.checkout.buying import HOME, buy

pytestmark = pytest.mark.usefixtures("database")


@query
def slug_of(connection: Connection, store_id: int) -> str:
    return connection.execute(select(Store.slug).where(Store.id == store_id)).scalar_one()


def order_from(buyer: Actor, *stores: int) -> list[str]:
    for store in stores:
        set_line(buyer, make_product(store), 1)
    return [order.number for order in buy(buyer).orders]


def walk(actor: Actor, limit: int) -> list[list[str]]:
    pages, cursor = [], None
    while True:
        page = list_my_orders(actor, OrdersQuery(limit, cursor))
        pages.append([order.number for order in page.items])
        cursor = page.next_cursor
        if cursor is None:
            return pages


def test_own_orders_newest_first_and_none_twice() -> None:
    buyer, store, other = make_person(), make_store(), make_store()
    placed = [number for _ in range(3) for number in order_from(buyer, store, other)]
    order_from(make_person(), store)
    pages = walk(buyer, 2)
    assert [len(page) for page in pages] == [2, 2, 2]
    assert [set(page) for page in pages] == [set(placed[4:]), set(placed[2:4]), set(placed[:2])]
    assert walk(buyer, 1) == [[number] for page in pages for number in page]


def test_a_cursor_of_another_list() -> None:
    with pytest.raises(Invalid) as caught:
        list_my_orders(make_person(), OrdersQuery(20, "WyJ4Il0"))
    assert caught.value.errors[0]["code"] == "invalid_cursor"


def test_a_stores_orders_by_status() -> None:
    store, other = make_store(), make_store()
    staff = make_person("manager", store)
    first, second = order_from(make_person(), store)[0], order_from(make_person(), store)[0]
    order_from(make_person(), other)
    move_order(staff, first, ("accepted", ""))
    slug = slug_of(store)
    found = list_store_orders(staff, slug, StoreOrdersQuery())
    assert [order.number for order in found.items] == [second, first]
    accepted = list_store_orders(staff, slug, StoreOrdersQuery(status="accepted"))
    assert [(order.number, order.customer) for order in accepted.items] == [(first, HOME.name)]
    with pytest.raises(NotFound):
        list_store_orders(staff, slug_of(other), StoreOrdersQuery())


def test_a_group_and_its_siblings() -> None:
    buyer, store, other = make_person(), make_store(), make_store()
    one, two = order_from(buyer, store, other)
    order = get_order(buyer, one)
    assert [sibling.number for sibling in order.siblings] == [two]
    assert get_order(make_person("manager", store), one).siblings == []


def test_the_last_delivery_without_its_note() -> None:
    buyer = make_person()
    assert find_last_delivery(buyer) is None
    order_from(buyer, make_store())
    last = find_last_delivery(buyer)
    assert last is not None
    assert (last.street, last.note) == (HOME.street, "")


def test_a_page_of_orders_costs_two_statements() -> None:
    buyer, store = make_person(), make_store()
    numbers = [order_from(buyer, store)[0] for _ in range(5)]
    with counted() as statements:
        found = list_my_orders(buyer, OrdersQuery())
        thumbs = thumbs_of(buyer, [order.number for order in found.items])
    assert len(statements) == 2
    assert set(thumbs) == set(numbers)
    assert all(len(pictures) == 1 for pictures in thumbs.values())


@pytest.mark.parametrize(
    ("steps", "states"),
    [
        ([], ["current", "todo", "todo", "todo", "todo", "todo"]),
        (["accepted", "picking"], ["done", "done", "current", "todo", "todo", "todo"]),
        (["accepted", "cancelled"], ["done", "done", "stopped"]),
        (
            ["accepted", "picking", "packed", "ready", "handed_over", "completed"],
            ["done"] * 6,
        ),
        (
            ["accepted", "picking", "packed", "on_the_way", "not_delivered"],
            ["done", "done", "done", "done", "done", "stopped"],
        ),
    ],
)
def test_the_stages_that_a_customer_sees(steps: list[str], states: list[str]) -> None:
    store, buyer = make_store(), make_person()
    number = order_from(buyer, store)[0]
    staff = make_person("manager", store)
    for to in steps:
        move_order(staff, number, (to, "so it is"))
    order = get_order(buyer, number)
    assert [stage["state"] for stage in stages_of(order)] == states
    assert show_order(order)["may_cancel"] == (len(steps) in (0, 2) and "cancelled" not in steps)
