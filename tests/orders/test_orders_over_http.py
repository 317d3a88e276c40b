"""Orders over JSON and as pages."""

from typing import Any

import pytest

from kirana.cart.services import set_line
from kirana.platform.access import Actor
from kirana.platform.cookies import ACCESS_COOKIE
from kirana.stores.models import Store
from tests.cart.goods import make_person, make_product, make_store, stock_of
from tests.checkout.buying import buy, rows
from tests.checkout.calling import bearer_of

OURS = {"Origin": "http://localhost"}


class Caller:
    """One person's calls to the API."""

    def __init__(self, client: Any, actor: Actor) -> None:
        self._client = client
        self._token = {"Authorization": f"Bearer {bearer_of(actor)}"}

    def get(self, path: str) -> Any:
        return self._client.get(f"/api/v1{path}", headers=self._token)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        given = {} if body is None else {"json": body}
        return self._client.post(f"/api/v1{path}", headers={**self._token, **named}, **given)


@pytest.fixture
def store(client: Any) -> int:
    return make_store()


@pytest.fixture
def buyer(store: int) -> Actor:
    return make_person()


@pytest.fixture
def milk(store: int) -> str:
    return make_product(store, 10, title="Milk")


@pytest.fixture
def number(buyer: Actor, milk: str) -> str:
    set_line(buyer, milk, 2)
    return buy(buyer).orders[0].number


def test_an_order_in_json(client: Any, buyer: Actor, number: str) -> None:
    me = Caller(client, buyer)
    reply = me.get(f"/orders/{number}")
    assert (reply.status_code, reply.headers["ETag"]) == (200, '"1"')
    assert reply.json["lines"][0]["quantity"] == {"value": 2, "unit": "each"}
    assert reply.json["total"] == {"amount": 10_000, "currency": "INR"}
    assert (reply.json["can_cancel"], reply.json["moves"]) == (True, [])
    assert [order["number"] for order in me.get("/orders").json["items"]] == [number]
    assert me.get(f"/orders/{number}/payment").json["status"] == "due"


def test_a_strangers_order_is_not_there(client: Any, store: int, number: str) -> None:
    for actor in (make_person(), make_person("manager", make_store()), make_person("admin")):
        caller = Caller(client, actor)
        assert caller.get(f"/orders/{number}").status_code == 404
        assert caller.get(f"/orders/{number}/payment").status_code == 404
        assert caller.post(f"/orders/{number}/cancellation").status_code == 404
    assert client.get(f"/api/v1/orders/{number}").status_code == 401


def test_cancelling(client: Any, buyer: Actor, milk: str, number: str) -> None:
    me, path = Caller(client, buyer), f"/orders/{number}/cancellation"
    assert me.post(path, {"reason": "rain", "status": "x"}).status_code == 422
    reply = me.post(path, {"reason": "rain"}, If_Match='"1"')
    assert (reply.status_code, reply.json["status"]) == (200, "cancelled")
    assert reply.json["history"][-1]["reason"] == "rain"
    assert stock_of(milk) == 10
    again = me.post(path)
    assert (again.status_code, again.json["code"]) == (409, "illegal_move")


def test_staff_move_an_order(client: Any, store: int, buyer: Actor, number: str) -> None:
    staff = Caller(client, make_person("manager", store))
    assert staff.get(f"/orders/{number}").json["moves"] == ["accepted", "cancelled"]
    path = f"/orders/{number}/moves"
    reply = staff.post(path, {"to": "accepted"}, If_Match='"1"')
    assert (reply.status_code, reply.json["version"]) == (200, 2)
    assert staff.post(path, {"to": "picking"}, If_Match='"1"').status_code == 412
    illegal = staff.post(path, {"to": "handed_over"})
    assert (illegal.status_code, illegal.json["legal"]) == (409, ["picking", "cancelled"])
    assert staff.post(path, {"to": "eaten"}).status_code == 422
    assert staff.post(path, {"to": "cancelled"}).json["errors"][0]["pointer"] == "/reason"
    assert Caller(client, buyer).post(path, {"to": "picking"}).status_code == 403


def test_a_stores_orders(client: Any, store: int, buyer: Actor, number: str) -> None:
    slug = next(row.slug for row in rows(Store) if row.id == store)
    staff = Caller(client, make_person("manager", store))
    items = staff.get(f"/stores/{slug}/orders?status=placed").json["items"]
    assert [(order["number"], order["customer"]) for order in items] == [(number, "Asha Rao")]
    assert staff.get(f"/stores/{slug}/orders?status=packed").json["items"] == []
    assert staff.get(f"/stores/{slug}/orders?status=eaten").status_code == 422
    other = Caller(client, make_person("manager", make_store()))
    assert other.get(f"/stores/{slug}/orders").status_code == 404
    assert Caller(client, buyer).get(f"/stores/{slug}/orders").status_code == 403


def test_the_pages(client: Any, buyer: Actor, milk: str, number: str) -> None:
    client.set_cookie(ACCESS_COOKIE, bearer_of(buyer))
    listed = client.get("/orders").get_data(as_text=True)
    assert f"/orders/{number}" in listed
    assert "1 item" in listed
    page = client.get(f"/orders/{number}").get_data(as_text=True)
    assert "Milk" in page
    assert "Cancel the order" in page
    reply = client.post(f"/orders/{number}/cancellation", headers=OURS)
    assert (reply.status_code, reply.headers["Location"]) == (303, f"/orders/{number}")
    after = client.get(f"/orders/{number}").get_data(as_text=True)
    assert "Nothing is to pay" in after
    assert "Cancel the order" not in after
    assert stock_of(milk) == 10
    assert client.post(f"/orders/{number}/cancellation", headers=OURS).status_code == 303
    assert client.get("/orders/NOSUCHNUMB").status_code == 404


def test_the_next_page_of_the_list(client: Any, buyer: Actor, store: int) -> None:
    for _ in range(3):
        set_line(buyer, make_product(store), 1)
        buy(buyer)
    client.set_cookie(ACCESS_COOKIE, bearer_of(buyer))
    assert "/orders?cursor=" in client.get("/orders?limit=2").get_data(as_text=True)


def test_a_guest_has_no_orders(client: Any) -> None:
    assert client.get("/orders").headers["Location"] == "/sign-in?return_to=%2Forders"
    assert client.get("/api/v1/orders").status_code == 401
