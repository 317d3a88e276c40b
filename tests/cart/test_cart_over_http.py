"""The basket over JSON and as a page, of a guest and of an account."""

import re
from typing import Any

import pytest

from kirana.cart.models import Cart
from kirana.platform.cookies import GUEST_COOKIE
from tests.cart.goods import make_person, make_product, make_store, set_stock
from tests.checkout.buying import count, rows
from tests.checkout.calling import bearer_of

OURS = {"Origin": "http://localhost"}


@pytest.fixture
def milk(client: Any) -> str:
    return make_product(make_store(), 10, title="Milk", price_minor=5000)


def put(client: Any, slug: str, quantity: Any, **headers: str) -> Any:
    return client.put(
        f"/api/v1/cart/lines/{slug}", json={"quantity": quantity}, headers={**OURS, **headers}
    )


def step(client: Any, slug: str, sign: str, **headers: str) -> Any:
    form = {"product": slug, "change": sign, "return_to": "/search?q=milk"}
    return client.post("/basket/lines", data=form, headers={**OURS, **headers})


# ---- the API


def test_a_guests_first_line_sets_the_cookie_and_only_its_hash_is_kept(
    client: Any, milk: str
) -> None:
    assert client.get("/api/v1/cart").json["lines"] == []
    assert client.get_cookie(GUEST_COOKIE) is None
    reply = put(client, milk, 2)
    assert reply.status_code == 200
    cookie = client.get_cookie(GUEST_COOKIE)
    assert (cookie.http_only, cookie.same_site) == (True, "Lax")
    assert len(cookie.value) >= 43  # 256 bits in base 64
    kept = [row.guest_hash for row in rows(Cart)]
    assert len(kept[0]) == 64
    assert cookie.value not in kept
    assert "Set-Cookie" not in put(client, milk, 3).headers
    assert client.get("/api/v1/cart").json["lines"][0]["quantity"] == {"value": 3, "unit": "each"}


def test_a_refused_first_line_sets_no_cookie(client: Any, milk: str) -> None:
    reply = put(client, milk, 11)
    assert (reply.status_code, reply.json["code"]) == (409, "out_of_stock")
    assert reply.json["available"] == 10
    assert client.get_cookie(GUEST_COOKIE) is None
    assert count(Cart) == 0


def test_a_basket_in_json(client: Any, milk: str) -> None:
    token = {"Authorization": f"Bearer {bearer_of(make_person())}"}
    reply = put(client, milk, 2, **token)
    assert reply.headers["ETag"] == '"2"'
    assert reply.headers["Cache-Control"] == "no-store"
    line, quote = reply.json["lines"][0], reply.json["quote"]
    assert (line["product"], line["title"], line["problem"]) == (milk, "Milk", "")
    assert line["price"] == {"amount": 5000, "currency": "INR"}
    assert quote["total"] == {"amount": 10_000, "currency": "INR"}
    assert quote["stores"][0]["tax"] == {"amount": 1525, "currency": "INR"}
    assert client.post("/api/v1/cart/quote", headers={**OURS, **token}).json == quote


def test_taking_out(client: Any, milk: str) -> None:
    put(client, milk, 2)
    assert client.delete(f"/api/v1/cart/lines/{milk}", headers=OURS).json["lines"] == []
    assert client.delete(f"/api/v1/cart/lines/{milk}", headers=OURS).status_code == 404
    put(client, milk, 2)
    assert client.delete("/api/v1/cart", headers=OURS).json["lines"] == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"quantity": 0}, "invalid"),
        ({"quantity": "1"}, "invalid"),
        ({"quantity": True}, "invalid"),
        ({"quantity": 1, "price": 1}, "forbidden_field"),
        ({"quantity": 1, "colour": "red"}, "unknown_field"),
        ({}, "required"),
        ({"quantity": 1000}, "too_much"),
    ],
)
def test_bad_input(client: Any, milk: str, body: dict[str, Any], code: str) -> None:
    reply = client.put(f"/api/v1/cart/lines/{milk}", json=body)
    assert reply.status_code == 422
    assert [error["code"] for error in reply.json["errors"]] == [code]


def test_off_the_grid(client: Any, milk: str) -> None:
    flour = make_product(make_store(), 5000, unit="g", price_per=1000, increment=250, minimum=500)
    reply = put(client, flour, 600)
    assert (reply.status_code, reply.json["code"]) == (422, "off_grid")
    assert reply.json["allowed"] == [500, 750]


def test_the_limit_on_changes(app: Any, client: Any, milk: str) -> None:
    token = {"Authorization": f"Bearer {bearer_of(make_person())}"}
    allowed = app.config["SETTINGS"].cart_writes_per_minute
    statuses = [put(client, milk, 1, **token).status_code for _ in range(allowed + 1)]
    assert statuses == [200] * allowed + [429]


# ---- the page


def test_a_stepper_without_scripts(client: Any, milk: str) -> None:
    reply = step(client, milk, "+")
    assert (reply.status_code, reply.headers["Location"]) == (303, "/search?q=milk")
    page = client.get("/basket")
    assert page.status_code == 200
    assert b"Milk" in page.data
    assert b'href="/checkout"' in page.data
    step(client, milk, "-")
    assert b"Your basket is empty" in client.get("/basket").data


def test_a_stepper_with_scripts_gets_the_basket_alone(client: Any, milk: str) -> None:
    reply = step(client, milk, "+", **{"X-Fragment": "basket"})
    text = reply.get_data(as_text=True)
    assert reply.status_code == 200
    assert re.search(r'id="basket-panel"[^>]*data-count="1"[^>]*data-total="₹50"', text)
    assert f'data-stepper="{milk}"' in text
    assert "<html" not in text


def test_a_refused_step_goes_back(client: Any, milk: str) -> None:
    step(client, milk, "+")
    set_stock(milk, 1)
    reply = step(client, milk, "+", **{"X-Fragment": "basket"})
    assert (reply.status_code, reply.json["detail"]) == (409, "Only 1 left.")
    plain = step(client, milk, "+")
    assert plain.status_code == 303
    assert b"Only 1 left." in client.get("/basket").data


def test_a_quantity_and_none(client: Any, milk: str) -> None:
    form = {"product": milk, "quantity": "4"}
    assert client.post("/basket/lines", data=form, headers=OURS).headers["Location"] == "/basket"
    assert client.get("/api/v1/cart").json["lines"][0]["quantity"]["value"] == 4
    client.post("/basket/lines", data={"product": milk, "quantity": "0"}, headers=OURS)
    assert client.get("/api/v1/cart").json["lines"] == []


def test_a_line_that_cannot_be_ordered_is_said_so(client: Any, milk: str) -> None:
    step(client, milk, "+")
    set_stock(milk, 0)
    page = client.get("/basket").get_data(as_text=True)
    assert "This is sold out." in page
    assert "cannot be ordered as they stand" in page
    assert 'id="sum-title"' in page
    assert page.count('href="/checkout"') == 0


def test_emptying(client: Any, milk: str) -> None:
    step(client, milk, "+")
    assert client.post("/basket/clear", headers=OURS).headers["Location"] == "/basket"
    assert client.get("/api/v1/cart").json["lines"] == []


def test_another_site_cannot_change_a_basket(client: Any, milk: str) -> None:
    step(client, milk, "+")
    foreign = {"Origin": "https://elsewhere.example"}
    form = {"product": milk, "change": "+"}
    assert client.post("/basket/lines", data=form, headers=foreign).status_code == 403
    assert client.get("/api/v1/cart").json["lines"][0]["quantity"]["value"] == 1


def test_signing_in_brings_the_basket_along(client: Any, milk: str) -> None:
    person = {"email": "asha@example.org", "password": "correct horse battery staple"}
    step(client, milk, "+")
    client.post("/sign-up", data={"name": "Asha Rao", **person}, headers=OURS)
    reply = client.post("/sign-in", data={**person, "return_to": "/basket"}, headers=OURS)
    assert (reply.status_code, reply.headers["Location"]) == (303, "/basket")
    page = client.get("/basket").get_data(as_text=True)
    assert "1 thing from before joined your basket." in page
    assert "Milk" in page
    assert client.get_cookie(GUEST_COOKIE) is None
    assert sorted(row.status for row in rows(Cart)) == ["abandoned", "open"]


def test_two_baskets_become_one_and_the_answer_says_how(client: Any, app: Any, milk: str) -> None:
    """Signing in over JSON: of a product in both the larger quantity stays, capped by stock."""
    person = {"email": "asha@example.org", "password": "correct horse battery staple"}
    client.post("/sign-up", data={"name": "Asha Rao", **person}, headers=OURS)
    phone, laptop = app.test_client(), app.test_client()
    put(phone, milk, 8)
    phone.post("/api/v1/auth/sign-in", json=person)
    put(laptop, milk, 10)
    set_stock(milk, 9)
    answer = laptop.post("/api/v1/auth/sign-in", json=person, headers=OURS)
    assert answer.json["notes"] == [
        "1 thing from before joined your basket. "
        "There is less than you wished of: Milk (9 instead of 10)."
    ]
    token = {"Authorization": f"Bearer {answer.json['access_token']}"}
    lines = client.get("/api/v1/cart", headers=token).json["lines"]
    assert [(line["product"], line["quantity"]["value"]) for line in lines] == [(milk, 9)]
