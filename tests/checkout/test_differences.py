"""What changed since it was shown is told line by line, all of it at once, and nothing is taken."""

import re
from html import unescape
from typing import Any

import pytest

from kirana.cart.services import remove_line, set_line
from kirana.orders.models import Order
from kirana.platform.access import Actor
from kirana.platform.cookies import ACCESS_COOKIE
from kirana.stock.services import selling
from tests.cart.goods import change_product, make_person, make_product, make_store, set_stock
from tests.checkout.buying import count, stock_levels
from tests.checkout.calling import bearer_of, order_body
from tests.checkout.test_checkout_over_http import FORM, OURS

Difference = dict[str, Any]


@pytest.fixture
def buyer(client: Any) -> Actor:
    return make_person()


@pytest.fixture
def goods(buyer: Actor) -> dict[str, str]:
    """Two of each of four things in the basket, at 50 each."""
    store = make_store()
    made = {name: make_product(store, 10, title=name) for name in ("milk", "rice", "tea", "salt")}
    for slug in made.values():
        set_line(buyer, slug, 2)
    return made


def seen_lines(goods: dict[str, str]) -> list[dict[str, Any]]:
    price = {"amount": 5000, "currency": "INR"}
    return [{"product": slug, "quantity": 2, "price": price} for slug in goods.values()]


def place(client: Any, buyer: Actor, total: int, **more: Any) -> Any:
    headers = {"Authorization": f"Bearer {bearer_of(buyer)}", "Idempotency-Key": "k"}
    return client.post("/api/v1/orders", json={**order_body(total), **more}, headers=headers)


def by_title(answer: Any) -> dict[str, Difference]:
    return {item["title"]: item for item in answer.json["differences"]}


def assert_nothing_taken(levels: dict[int, int]) -> None:
    assert count(Order) == 0
    assert stock_levels() == levels


def test_every_kind_of_problem_is_in_one_answer(
    client: Any, buyer: Actor, goods: dict[str, str]
) -> None:
    change_product(goods["milk"], price_minor=5500)
    set_stock(goods["rice"], 1)
    change_product(goods["tea"], status="hidden")
    levels = stock_levels()
    reply = place(client, buyer, 40_000)
    assert (reply.status_code, reply.json["code"]) == (409, "lines_unavailable")
    found = by_title(reply)
    assert list(found) == ["milk", "rice", "tea"]
    milk, rice, tea = found.values()
    assert (milk["problem"], milk["price_seen"]["amount"], milk["price"]["amount"]) == (
        "", 5000, 5500,
    )  # fmt: skip
    assert milk["note"] == "The price was ₹50 and is now ₹55."
    assert (rice["problem"], rice["quantity"]["value"], rice["available"]["value"]) == (
        "short", 2, 1,
    )  # fmt: skip
    assert (tea["problem"], tea["note"]) == ("unavailable", "This is not for sale any more.")
    assert_nothing_taken(levels)


def test_a_price_and_a_shortage_together(client: Any, buyer: Actor, goods: dict[str, str]) -> None:
    change_product(goods["milk"], price_minor=5500)
    set_stock(goods["rice"], 0)
    levels = stock_levels()
    reply = place(client, buyer, 40_000)
    assert (reply.status_code, reply.json["code"]) == (409, "out_of_stock")
    assert [item["slug"] for item in reply.json["shortages"]] == [goods["rice"]]
    assert {title: x["problem"] for title, x in by_title(reply).items()} == {
        "milk": "", "rice": "out_of_stock",
    }  # fmt: skip
    assert_nothing_taken(levels)


def test_the_guarded_write_tells_it_line_by_line_too(
    client: Any, buyer: Actor, goods: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rival takes the last ones after the basket was read."""
    real = selling._by_product
    monkeypatch.setattr(
        selling, "_by_product", lambda lines: set_stock(goods["tea"], 1) or real(lines)
    )
    reply = place(client, buyer, 40_000)
    assert (reply.status_code, reply.json["code"]) == (409, "out_of_stock")
    (tea,) = reply.json["differences"]
    assert (tea["title"], tea["problem"], tea["note"]) == ("tea", "short", "Only 1 left.")
    assert tea["available"] == {"value": 1, "unit": "each"}
    assert count(Order) == 0


def test_lines_that_the_customer_says_they_saw(
    client: Any, buyer: Actor, goods: dict[str, str]
) -> None:
    """Another device changed the basket; the total is the same by chance."""
    seen = seen_lines(goods)
    remove_line(buyer, goods["salt"])
    sugar = make_product(make_store(), 10, title="sugar")
    set_line(buyer, sugar, 1)
    set_line(buyer, goods["milk"], 3)
    reply = place(client, buyer, 40_000, expected_lines=seen)
    assert (reply.status_code, reply.json["code"]) == (409, "price_changed")
    assert reply.json["total"] == {"amount": 40_000, "currency": "INR"}
    notes = {item["product"]: item["note"] for item in reply.json["differences"]}
    assert notes == {
        goods["milk"]: "The basket held 2 and now holds 3.",
        sugar: "This came into the basket since.",
        goods["salt"]: "This is not in the basket any more.",
    }
    assert place(client, buyer, 40_000).status_code == 201


def test_a_basket_as_it_was_seen_is_ordered(
    client: Any, buyer: Actor, goods: dict[str, str]
) -> None:
    """Though it was dearer when the things were put in."""
    for slug in goods.values():
        change_product(slug, price_minor=4000)
    seen = [{**line, "price": {"amount": 4000, "currency": "INR"}} for line in seen_lines(goods)]
    assert place(client, buyer, 32_000, expected_lines=seen).status_code == 201


# ---- the page


def test_the_page_tells_it_at_the_line_and_keeps_what_was_typed(
    client: Any, buyer: Actor, goods: dict[str, str]
) -> None:
    client.set_cookie(ACCESS_COOKIE, bearer_of(buyer))
    hidden = hidden_fields(client.get("/checkout").get_data(as_text=True))
    change_product(goods["milk"], price_minor=5500)
    set_stock(goods["rice"], 1)
    remove_line(buyer, goods["salt"])
    levels = stock_levels()
    reply = client.post("/checkout", data={**FORM, **hidden}, headers=OURS)
    page = reply.get_data(as_text=True)
    text = unescape(page)
    assert reply.status_code == 409
    rows = {title: row for title in goods for row in text.split("<li") if f">{title}</a>" in row}
    assert "The price was ₹50 and is now ₹55." in rows["milk"]
    assert "Only 1 left." in rows["rice"]
    assert "product-row-note" not in rows["tea"]
    assert f"{goods['salt']}: This is not in the basket any more." in text
    assert 'value="12 Lake Road"' in text
    assert_nothing_taken(levels)
    assert "Order for" not in text
    assert "data-form-errors" not in text
    set_line(buyer, goods["rice"], 1)
    page = client.get("/checkout").get_data(as_text=True)
    again = client.post("/checkout", data={**FORM, **hidden_fields(page)}, headers=OURS)
    assert again.status_code == 303


def test_a_form_that_is_not_ours(client: Any, buyer: Actor, goods: dict[str, str]) -> None:
    client.set_cookie(ACCESS_COOKIE, bearer_of(buyer))
    hidden = hidden_fields(client.get("/checkout").get_data(as_text=True))
    reply = client.post("/checkout", data={**FORM, **hidden, "seen": "[1]"}, headers=OURS)
    assert reply.status_code == 422
    assert count(Order) == 0


def hidden_fields(text: str) -> dict[str, str]:
    found = dict(re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"', text))
    return {name: unescape(found[name]) for name in ("expected_total", "idempotency_key", "seen")}
