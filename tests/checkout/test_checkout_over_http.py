"""Placing an order over JSON and by the page."""

import re
from typing import Any

import pytest

from kirana import check
from kirana.accounts.models import Account
from kirana.accounts.services import suspend
from kirana.cart.services import set_line
from kirana.orders.models import Order, OrderGroup
from kirana.platform.access import Actor
from kirana.platform.cookies import ACCESS_COOKIE
from tests.cart.goods import (
    change_product,
    make_person,
    make_product,
    make_store,
    set_stock,
    stock_of,
)
from tests.checkout.buying import count, rows
from tests.checkout.calling import bearer_of, order_body

OURS = {"Origin": "http://localhost"}
SIGN_IN = "/sign-in?return_to=%2Fcheckout"
FORM = {
    "name": "Asha Rao", "phone": "+91 98450 12345", "street": "12 Lake Road",
    "city": "Bengaluru", "postcode": "560001", "note": "",
}  # fmt: skip


@pytest.fixture
def buyer(client: Any) -> Actor:
    make_person("admin")
    return make_person()


@pytest.fixture
def milk(buyer: Actor) -> str:
    slug = make_product(make_store(), 10, title="Milk")
    set_line(buyer, slug, 2)
    return slug


def place(client: Any, actor: Actor, body: Any, **headers: str) -> Any:
    given = {"Authorization": f"Bearer {bearer_of(actor)}", "Idempotency-Key": "k-1", **headers}
    return client.post("/api/v1/orders", json=body, headers=given)


# ---- the API


def test_an_order_over_json(client: Any, buyer: Actor, milk: str) -> None:
    reply = place(client, buyer, order_body(10_000))
    assert reply.status_code == 201
    order = reply.json["orders"][0]
    assert reply.headers["Location"] == f"/api/v1/orders/{order['number']}"
    assert re.fullmatch("[0-9A-HJKMNP-TV-Z]{10}", order["number"])
    assert reply.json["total"] == {"amount": 10_000, "currency": "INR"}
    again = place(client, buyer, order_body(10_000))
    assert (again.status_code, again.data) == (201, reply.data)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (count(OrderGroup), stock_of(milk)) == (1, 8)
    assert check.run() == []


def test_a_key_is_needed_and_stands_for_one_request(client: Any, buyer: Actor, milk: str) -> None:
    token = {"Authorization": f"Bearer {bearer_of(buyer)}"}
    missing = client.post("/api/v1/orders", json=order_body(10_000), headers=token)
    assert (missing.status_code, missing.json["code"]) == (400, "idempotency_key_missing")
    place(client, buyer, order_body(10_000))
    other = place(client, buyer, {**order_body(10_000), "payment_method": "cash"})
    assert (other.status_code, other.json["code"]) == (422, "idempotency_key_reused")


def test_a_refusal_may_be_tried_again_with_its_key(client: Any, buyer: Actor, milk: str) -> None:
    set_stock(milk, 1)
    refused = place(client, buyer, order_body(10_000))
    assert (refused.status_code, refused.json["code"]) == (409, "out_of_stock")
    assert refused.json["shortages"] == [
        {"slug": milk, "title": "Milk", "wanted": 2, "available": 1}
    ]
    assert (count(Order), stock_of(milk)) == (0, 1)
    set_stock(milk, 5)
    assert place(client, buyer, order_body(10_000)).status_code == 201


def test_another_price_than_the_one_seen(client: Any, buyer: Actor, milk: str) -> None:
    change_product(milk, price_minor=5100)
    reply = place(client, buyer, order_body(10_000))
    assert (reply.status_code, reply.json["code"]) == (409, "price_changed")
    assert reply.json["total"] == {"amount": 10_200, "currency": "INR"}
    assert [change["product"] for change in reply.json["differences"]] == [milk]
    assert place(client, buyer, order_body(10_200)).status_code == 201


def test_a_guest_is_told_to_sign_in(client: Any, milk: str) -> None:
    headers = {"Idempotency-Key": "k"}
    reply = client.post("/api/v1/orders", json=order_body(10_000), headers=headers)
    assert (reply.status_code, reply.json["code"]) == (401, "unauthorized")
    assert "ign in" in reply.json["detail"]
    assert count(Order) == 0


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"total": 1}, "/total", "forbidden_field"),
        ({"status": "completed"}, "/status", "forbidden_field"),
        ({"coupon": "X"}, "/coupon", "unknown_field"),
        ({"payment_method": "credit"}, "/payment_method", "invalid"),
        ({"expected_total": {"amount": 10_000, "currency": "EUR"}},
         "/expected_total/currency", "invalid"),
        ({"expected_total": {"amount": "10000", "currency": "INR"}},
         "/expected_total/amount", "invalid"),
        ({"expected_total": None}, "/expected_total", "invalid"),
    ],
)  # fmt: skip
def test_bad_input(
    client: Any, buyer: Actor, milk: str, change: dict[str, Any], pointer: str, code: str
) -> None:
    reply = place(client, buyer, {**order_body(10_000), **change})
    assert reply.status_code == 422
    assert [(e["pointer"], e["code"]) for e in reply.json["errors"]] == [(pointer, code)]
    assert count(Order) == 0


# ---- the page


@pytest.fixture
def browser(client: Any, buyer: Actor) -> Any:
    client.set_cookie(ACCESS_COOKIE, bearer_of(buyer))
    return client


def shown(browser: Any) -> dict[str, str]:
    """The hidden fields of the checkout page."""
    page = browser.get("/checkout")
    assert page.status_code == 200
    text = page.get_data(as_text=True)
    return dict(
        re.search(rf'name="({name})" value="([^"]+)"', text).groups()  # type: ignore[union-attr]
        for name in ("expected_total", "idempotency_key")
    )


def submit(browser: Any, hidden: dict[str, str], **given: str) -> Any:
    return browser.post("/checkout", data={**FORM, **hidden, **given}, headers=OURS)


def test_the_page_places_an_order_once(browser: Any, milk: str) -> None:
    hidden = shown(browser)
    assert hidden["expected_total"] == "10000"
    first, second = submit(browser, hidden), submit(browser, hidden)
    assert first.status_code == second.status_code == 303
    assert first.headers["Location"] == second.headers["Location"]
    assert (count(OrderGroup), stock_of(milk)) == (1, 8)
    page = browser.get(first.headers["Location"]).get_data(as_text=True)
    assert "Thank you!" in page
    assert "12 Lake Road, 560001 Bengaluru" in page
    assert check.run() == []


def test_wrong_fields_keep_what_was_typed(browser: Any, milk: str) -> None:
    reply = submit(browser, shown(browser), phone="ring the bell", street="")
    text = reply.get_data(as_text=True)
    assert reply.status_code == 422
    assert "write a telephone number, such as" in text
    assert 'value="Bengaluru"' in text
    assert count(Order) == 0


def test_a_price_that_changed_shows_the_new_sum(browser: Any, milk: str) -> None:
    hidden = shown(browser)
    change_product(milk, price_minor=5100)
    reply = submit(browser, hidden)
    text = reply.get_data(as_text=True)
    assert reply.status_code == 409
    assert "price of your basket has changed" in text
    assert 'name="expected_total" value="10200"' in text
    assert 'value="12 Lake Road"' in text


def test_the_next_order_goes_where_the_last_one_went(browser: Any, buyer: Actor, milk: str) -> None:
    submit(browser, shown(browser), note="Ring twice")
    set_line(buyer, milk, 1)
    text = browser.get("/checkout").get_data(as_text=True)
    assert 'value="12 Lake Road"' in text
    assert "Ring twice" not in text


def test_a_guest_signs_in_first(client: Any) -> None:
    reply = client.get("/checkout")
    assert (reply.status_code, reply.headers["Location"]) == (303, SIGN_IN)


def test_nothing_to_order(browser: Any) -> None:
    assert browser.get("/checkout").headers["Location"] == "/basket"
    reply = submit(browser, {"expected_total": "0", "idempotency_key": "k"})
    assert reply.headers["Location"] == "/basket"


def test_an_edited_form_after_the_order(browser: Any, milk: str) -> None:
    hidden = shown(browser)
    submit(browser, hidden)
    assert submit(browser, hidden, note="later").headers["Location"] == "/orders"
    assert count(OrderGroup) == 1


# ---- the key


def test_who_is_suspended_does_not_get_the_stored_answer(
    client: Any, buyer: Actor, milk: str
) -> None:
    token = {"Authorization": f"Bearer {bearer_of(buyer)}"}
    assert place(client, buyer, order_body(10_000), **token).status_code == 201
    person = next(row for row in rows(Account) if row.id == buyer.me())
    suspend(make_person("admin"), person.uid, "a test")
    again = place_with(client, token)
    assert (again.status_code, "Idempotent-Replayed" in again.headers) == (401, False)
    assert b"number" not in again.data


def test_a_stranger_with_the_same_key_places_an_order_of_their_own(
    client: Any, buyer: Actor, milk: str
) -> None:
    assert place(client, buyer, order_body(10_000)).status_code == 201
    stranger = make_person()
    set_line(stranger, milk, 2)
    other = place(client, stranger, order_body(10_000))
    assert (other.status_code, "Idempotent-Replayed" in other.headers) == (201, False)
    assert count(OrderGroup) == 2


def place_with(client: Any, token: dict[str, str]) -> Any:
    headers = {**token, "Idempotency-Key": "k-1"}
    return client.post("/api/v1/orders", json=order_body(10_000), headers=headers)
