"""States × moves × callers: what the table allows happens, anything else is refused and named.

By the verbs on SQLite, where each try is rolled back; by the API and the pages on PostgreSQL,
where each move that is allowed gets an order of its own.
"""

import re
from collections.abc import Callable
from functools import partial
from itertools import product
from typing import Any

import pytest

from kirana import check
from kirana.orders.queries import get_order
from kirana.orders.services import cancel_my_order, move_order
from kirana.orders.shapes import OrderView
from kirana.orders.states import COURIER_MOVES, CUSTOMER_CANCELS, ORDER_MOVES
from kirana.platform import db
from kirana.platform.access import Actor
from kirana.platform.cookies import ACCESS_COOKIE
from kirana.platform.errors import IllegalMove, NotFound
from tests.cart.goods import stock_of
from tests.orders.street import Street

STRANGERS = ("buyer", "stranger", "other manager", "admin")
GIVES_BACK = ("cancelled", "returned")
OURS = {"Origin": "http://localhost"}


def legal_for(who: str, status: str) -> tuple[str, ...] | None:
    """Where the table lets somebody move an order; None where the order is not there for them."""
    if who in ("owner", "manager", "picker"):
        return ORDER_MOVES[status]
    return COURIER_MOVES.get(status) if who == "courier" else None


def assert_moved(before: OrderView, after: OrderView, to: str) -> None:
    assert (after.status, after.version) == (to, before.version + 1)
    added = after.history[len(before.history) :]
    assert [(step.from_status, step.to_status) for step in added] == [(before.status, to)]


# ---- by the verbs


class _UndoneError(Exception):
    pass


def tried(act: Callable[[], Any]) -> Any:
    """What ``act`` gives or raises; then it has not happened."""
    found: Any = None
    try:
        with db.transaction():
            found = act()
            raise _UndoneError
    except _UndoneError:
        return found
    except (IllegalMove, NotFound) as error:
        return error


@pytest.mark.on_database("sqlite")
@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("status", ORDER_MOVES)
def test_every_step_of_everybody(status: str) -> None:
    street = Street()
    number, buyer = street.order_in(status), street.people["buyer"]
    before, there = get_order(buyer, number), stock_of(street.milk)

    def step(actor: Actor, to: str) -> tuple[OrderView, int]:
        move_order(actor, number, (to, "because"))
        return get_order(buyer, number), stock_of(street.milk)

    for who, to in product(street.people, ORDER_MOVES):
        legal = legal_for(who, status)
        found = tried(partial(step, street.people[who], to))
        if legal is None:
            assert isinstance(found, NotFound), (who, to)
        elif to not in legal:
            assert found.details["legal"] == list(legal), (who, to)
        else:
            assert_moved(before, found[0], to)
            assert found[1] - there == (2 if to in GIVES_BACK else 0)


@pytest.mark.on_database("sqlite")
@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("status", ORDER_MOVES)
def test_every_cancellation_by_everybody(status: str) -> None:
    street = Street()
    number = street.order_in(status)
    before, there = get_order(street.people["buyer"], number), stock_of(street.milk)

    def cancel(actor: Actor) -> tuple[OrderView, int]:
        return cancel_my_order(actor, number), stock_of(street.milk)

    for who, actor in street.people.items():
        found = tried(partial(cancel, actor))
        if who != "buyer":
            assert isinstance(found, NotFound), who
        elif status not in CUSTOMER_CANCELS:
            assert found.details["legal"] == []
        else:
            assert_moved(before, found[0], "cancelled")
            assert found[1] == there + 2


# ---- by the API and the pages


@pytest.fixture
def street(client: Any) -> Street:
    return Street()


def send(client: Any, token: str, path: str, body: Any) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    return client.post(f"/api/v1{path}", json=body, headers=headers)


@pytest.mark.on_database("postgresql")
def test_every_step_over_the_api(client: Any, street: Street) -> None:
    orders = {status: street.order_in(status) for status in ORDER_MOVES}
    for who, status in product(("picker", "courier"), ORDER_MOVES):
        legal = legal_for(who, status)
        for to in ORDER_MOVES:
            is_legal = legal is not None and to in legal
            number = street.order_in(status) if is_legal else orders[status]
            reply = send(
                client,
                street.token(who),
                f"/orders/{number}/moves",
                {"to": to, "reason": "because"},
            )
            if legal is None:
                assert reply.status_code == 404
            elif not is_legal:
                assert (reply.status_code, reply.json["code"]) == (409, "illegal_move")
                assert reply.json["legal"] == list(legal)
            else:
                assert (reply.status_code, reply.json["status"]) == (200, to)
                assert reply.json["history"][-1]["to_status"] == to
    for who, status in product(STRANGERS, ORDER_MOVES):
        path = f"/orders/{orders[status]}/moves"
        reply = send(client, street.token(who), path, {"to": "accepted"})
        assert reply.status_code == (404 if who == "other manager" else 403)
    assert (
        client.post(f"/api/v1/orders/{orders['placed']}/moves", json={"to": "x"}).status_code == 401
    )
    assert check.run() == []


@pytest.mark.on_database("postgresql")
def test_pages_offer_what_is_legal_and_nothing_else(client: Any, street: Street) -> None:
    slug = get_order(street.people["buyer"], street.order_in("placed")).store.slug
    for status in ORDER_MOVES:
        number = street.order_in(status)
        for who in ("manager", "courier"):
            client.set_cookie(ACCESS_COOKIE, street.token(who))
            page = client.get(f"/office/{slug}/orders/{number}")
            legal = legal_for(who, status)
            assert page.status_code == (404 if legal is None else 200)
            offered = re.findall(r'name="to" value="(\w+)"', page.text)
            assert offered == list(legal or ()), (who, status)
        client.set_cookie(ACCESS_COOKIE, street.token("buyer"))
        page = client.get(f"/orders/{number}").text
        assert (f"/orders/{number}/cancellation" in page) == (status in CUSTOMER_CANCELS)


@pytest.mark.on_database("postgresql")
def test_the_list_can_be_narrowed_to_every_state(client: Any, street: Street) -> None:
    slug = get_order(street.people["buyer"], street.order_in("ready")).store.slug
    for who, states in (("manager", ORDER_MOVES), ("courier", COURIER_MOVES)):
        client.set_cookie(ACCESS_COOKIE, street.token(who))
        page = client.get(f"/office/{slug}/orders").text
        assert re.findall(r"orders\?status=(\w+)", page) == list(states)


@pytest.mark.on_database("postgresql")
def test_a_step_that_came_too_late_leaves_the_page_with_the_reason(
    client: Any, street: Street
) -> None:
    number = street.order_in("placed")
    slug = get_order(street.people["buyer"], number).store.slug
    client.set_cookie(ACCESS_COOKIE, street.token("manager"))
    path = f"/office/{slug}/orders/{number}"
    cancel_my_order(street.people["buyer"], number)
    for seen, status, told in (
        (1, 412, "Somebody changed this"),
        (2, 409, "The order is “Cancelled” now, so “Accept” is not possible. It is at its end."),
    ):
        form = {"to": "accepted", "seen": str(seen)}
        reply = client.post(f"{path}/moves", data=form, headers=OURS)
        assert (reply.status_code, told in reply.text) == (status, True)
        assert number in reply.text
