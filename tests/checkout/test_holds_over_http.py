"""Starting a checkout over JSON and by the page, and what a GET does not do."""

import re
from typing import Any

import pytest
from flask import Flask

from kirana.cart.queries import basket_view
from kirana.cart.services import set_line
from kirana.checkout.queries import hold_of
from kirana.checkout.services import start_checkout
from kirana.platform.access import Actor
from kirana.platform.cookies import ACCESS_COOKIE
from kirana.stock.models import Reservation
from tests.cart.goods import change_product, make_person, make_product, make_store, set_stock
from tests.checkout.buying import rows
from tests.checkout.calling import bearer_of, order_body
from tests.checkout.holding import SETTINGS, buyer_with, let_lapse, shelf_of
from tests.checkout.test_checkout_over_http import OURS, SIGN_IN, place, shown, submit


@pytest.fixture
def milk(client: Any) -> str:
    make_person("admin")
    return make_product(make_store(), 10, title="Milk")


@pytest.fixture
def buyer(milk: str) -> Actor:
    return buyer_with((milk, 2))


@pytest.fixture
def browser(client: Any, buyer: Actor) -> Any:
    client.set_cookie(ACCESS_COOKIE, bearer_of(buyer))
    return client


def call(client: Any, method: str, who: Actor | None, path: str = "/api/v1/checkout") -> Any:
    headers = {"Authorization": f"Bearer {bearer_of(who)}"} if who else {}
    return client.open(path, method=method, headers=headers)


def ends() -> list[Any]:
    return [(row.id, row.expires_at) for row in rows(Reservation)]


def test_a_start_tells_until_when_and_what_it_costs(client: Any, buyer: Actor, milk: str) -> None:
    before = call(client, "GET", buyer).json
    assert (before["held_until"], before["is_whole"]) == (None, False)
    reply = call(client, "POST", buyer)
    assert reply.status_code == 200
    told = reply.json
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT[\d:.]+Z", told["held_until"])
    assert (told["is_whole"], told["differences"]) == (True, [])
    assert [line["product"] for line in told["lines"]] == [milk]
    assert told["quote"]["total"] == {"amount": 10_000, "currency": "INR"}
    assert shelf_of(milk) == (10, 2)
    assert call(client, "GET", buyer).json == told
    left = call(client, "DELETE", buyer)
    assert (left.status_code, left.json["held_until"], shelf_of(milk)) == (200, None, (10, 0))


def test_what_differs_is_named_line_by_line(client: Any, buyer: Actor, milk: str) -> None:
    change_product(milk, price_minor=5500)
    told = call(client, "POST", buyer).json
    assert [(x["product"], x["price_seen"]["amount"], x["price"]["amount"], x["problem"])
            for x in told["differences"]] == [(milk, 5000, 5500, "")]  # fmt: skip
    call(client, "DELETE", buyer)
    set_stock(milk, 1)
    assert [x["problem"] for x in call(client, "GET", buyer).json["differences"]] == ["short"]


def test_refusals_are_problems(client: Any, buyer: Actor, milk: str) -> None:
    assert call(client, "POST", None).status_code == 401
    assert call(client, "POST", make_person()).json["code"] == "basket_empty"
    set_stock(milk, 1)
    short = call(client, "POST", buyer)
    assert (short.status_code, short.json["code"]) == (409, "out_of_stock")
    assert [x["available"] for x in short.json["shortages"]] == [1]
    assert [(x["product"], x["problem"]) for x in short.json["differences"]] == [(milk, "short")]
    change_product(milk, status="hidden")
    hidden = call(client, "POST", buyer).json
    assert hidden["code"] == "lines_unavailable"
    assert [(x["product"], x["problem"]) for x in hidden["differences"]] == [(milk, "unavailable")]


def test_starts_are_counted(app: Flask, client: Any, buyer: Actor) -> None:
    told = [call(client, "POST", buyer).status_code for _ in range(SETTINGS.hold_per_hour + 1)]
    assert told == [200] * SETTINGS.hold_per_hour + [429]


def test_a_failed_try_extends_and_a_look_does_not(client: Any, buyer: Actor, milk: str) -> None:
    start_checkout(buyer, SETTINGS)
    begun = ends()
    for path in ("/api/v1/checkout", "/api/v1/cart"):
        assert call(client, "GET", buyer, path).status_code == 200
    assert ends() == begun
    assert place(client, buyer, order_body(9_999)).json["code"] == "price_changed"
    assert [row for row, _end in ends()] == [row for row, _end in begun]
    assert ends() > begun
    extended = ends()
    typo = order_body(10_000)
    typo["delivery"]["postcode"] = "x" * 17
    assert place(client, buyer, typo).status_code == 422
    assert ends() > extended
    assert place(client, buyer, order_body(10_000)).status_code == 201
    assert (ends(), shelf_of(milk)) == ([], (8, 0))


# ---- the page


def begin(browser: Any) -> Any:
    return browser.post("/checkout/start", headers=OURS)


def test_the_way_from_the_basket_keeps_the_goods(browser: Any, buyer: Actor, milk: str) -> None:
    basket = browser.get("/basket").get_data(as_text=True)
    assert 'action="/checkout/start"' in basket
    assert begin(browser).headers["Location"] == "/checkout"
    assert shelf_of(milk) == (10, 2)
    page = browser.get("/checkout").get_data(as_text=True)
    assert "Your goods are kept for you until" in page
    assert "After that you can still order" in page
    assert "Keep my goods" not in page
    submit(browser, shown(browser))
    assert shelf_of(milk) == (8, 0)


def test_the_page_without_a_hold_offers_one_and_makes_none(
    browser: Any, buyer: Actor, milk: str
) -> None:
    page = browser.get("/checkout").get_data(as_text=True)
    assert "Keep my goods for 10 minutes" in page
    assert ends() == []
    begin(browser)
    set_line(buyer, milk, 3)
    page = browser.get("/checkout").get_data(as_text=True)
    assert "Some of your goods are kept" in page
    assert "Keep my goods for 10 minutes" in page
    begin(browser)
    assert hold_of(basket_view(buyer)).is_whole


def test_a_failed_try_on_the_page_extends(browser: Any, milk: str) -> None:
    begin(browser)
    begun = ends()
    browser.get("/checkout")
    assert ends() == begun
    assert submit(browser, shown(browser), street="").status_code == 422
    assert ends() > begun
    later = ends()
    change_product(milk, price_minor=5100)
    hidden = {"expected_total": "10000", "idempotency_key": "k"}
    assert submit(browser, hidden).status_code == 409
    assert ends() > later


def test_after_the_time_the_page_says_so_and_still_orders(browser: Any, milk: str) -> None:
    begin(browser)
    let_lapse()
    page = browser.get("/checkout").get_data(as_text=True)
    assert "Nothing is kept for you" in page
    assert submit(browser, shown(browser)).status_code == 303
    assert shelf_of(milk) == (8, 0)


def test_what_falls_short_leads_back_to_the_basket(browser: Any, milk: str) -> None:
    set_stock(milk, 1)
    assert begin(browser).headers["Location"] == "/basket"
    page = browser.get("/basket").get_data(as_text=True)
    assert "There is not enough left of: Milk." in page
    assert ends() == []


def test_nothing_to_start_with(client: Any, browser: Any, buyer: Actor) -> None:
    client.delete("/api/v1/cart", headers={"Authorization": f"Bearer {bearer_of(buyer)}"})
    assert begin(browser).headers["Location"] == "/basket"


def test_a_guest_is_led_to_the_sign_in_and_on(client: Any, milk: str) -> None:
    client.post("/basket/lines", data={"product": milk, "quantity": "1"}, headers=OURS)
    assert 'href="/checkout"' in client.get("/basket").get_data(as_text=True)
    assert client.get("/checkout").headers["Location"] == SIGN_IN
    assert client.post("/checkout/start", headers=OURS).status_code == 401
    assert ends() == []


def test_a_form_of_a_stranger_starts_nothing(browser: Any) -> None:
    foreign = browser.post("/checkout/start", headers={"Origin": "http://elsewhere.example"})
    assert (foreign.status_code, ends()) == (403, [])
