"""What was typed at the checkout stays, whatever comes between typing and ordering."""

from typing import Any

import pytest

from kirana.accounts.models import Account
from kirana.accounts.services import suspend
from kirana.cart.services import set_line
from kirana.checkout.draft import KEPT_SECONDS
from kirana.orders.models import Order
from kirana.platform.access import Actor
from kirana.platform.cookies import ACCESS_COOKIE, DRAFT_COOKIE
from tests.cart.goods import make_person, make_product, make_store, set_stock
from tests.checkout.buying import count, rows
from tests.checkout.calling import bearer_of
from tests.checkout.holding import buyer_with
from tests.checkout.test_checkout_over_http import FORM, OURS, shown, submit

TO_SIGN_IN = "/sign-in?return_to=/checkout"
TYPED = {**FORM, "name": "Meera Iyer", "street": "7 Temple Lane", "note": "Blue gate"}


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


def whose(browser: Any) -> str:
    text = browser.get("/checkout").get_data(as_text=True)
    return str(text.split('name="whose" value="')[1].split('"')[0])


def has_typed(browser: Any) -> bool:
    text = browser.get("/checkout").get_data(as_text=True)
    found = ['value="Meera Iyer"' in text, 'value="7 Temple Lane"' in text, "Blue gate<" in text]
    assert len(set(found)) == 1
    return found[0]


def test_keeping_the_goods_keeps_what_was_typed(browser: Any) -> None:
    form = {**TYPED, "whose": whose(browser)}
    kept = browser.post("/checkout/start", data=form, headers=OURS)
    assert kept.headers["Location"] == "/checkout"
    assert has_typed(browser)
    assert "Your goods are kept for you" in browser.get("/checkout").get_data(as_text=True)


def test_a_visit_to_the_basket_keeps_what_was_typed(browser: Any) -> None:
    form = {**TYPED, "whose": whose(browser)}
    gone = browser.post("/checkout/draft", data=form, headers=OURS)
    assert (gone.status_code, gone.headers["Location"]) == (303, "/basket")
    assert has_typed(browser)


def test_after_a_refusal_the_way_over_the_basket_keeps_it(
    browser: Any, buyer: Actor, milk: str
) -> None:
    hidden = {**shown(browser), "whose": whose(browser)}
    set_stock(milk, 1)
    refused = browser.post("/checkout", data={**TYPED, **hidden}, headers=OURS)
    assert refused.status_code == 409
    assert 'formaction="/checkout/draft"' in refused.get_data(as_text=True)
    set_line(buyer, milk, 1)
    assert has_typed(browser)


def test_who_was_signed_out_signs_in_and_finds_the_form(
    app: Any, browser: Any, buyer: Actor
) -> None:
    form = {**TYPED, **shown(browser), "whose": whose(browser)}
    browser.set_cookie(ACCESS_COOKIE, "gone")
    led = browser.post("/checkout", data=form, headers=OURS)
    assert (led.status_code, led.headers["Location"]) == (303, TO_SIGN_IN)
    told = browser.get(TO_SIGN_IN).get_data(as_text=True)
    assert "What you typed is kept" in told
    assert count(Order) == 0
    browser.set_cookie(ACCESS_COOKIE, bearer_of(buyer))
    assert has_typed(browser)


def test_another_person_at_the_same_browser_does_not_see_it(
    browser: Any, buyer: Actor, milk: str
) -> None:
    browser.post("/checkout/draft", data={**TYPED, "whose": whose(browser)}, headers=OURS)
    other = make_person()
    set_line(other, milk, 1)
    browser.set_cookie(ACCESS_COOKIE, bearer_of(other))
    assert not has_typed(browser)


def test_it_is_not_readable_and_goes_with_the_order(browser: Any) -> None:
    form = {**TYPED, **shown(browser), "whose": whose(browser)}
    kept = browser.post("/checkout/draft", data=form, headers=OURS).headers["Set-Cookie"]
    assert f"Max-Age={KEPT_SECONDS}" in kept
    assert "HttpOnly" in kept
    assert "Temple" not in kept
    assert browser.post("/checkout", data=form, headers=OURS).status_code == 303
    assert count(Order) == 1
    assert not browser.get_cookie(DRAFT_COOKIE)


def test_the_longest_address_fits_and_the_longest_note_does_not(browser: Any) -> None:
    form = {**TYPED, "name": "ಕ" * 120, "street": "ಕ" * 200, "note": "ಕ" * 500}
    sent = browser.post(
        "/checkout/draft", data={**form, "whose": whose(browser)}, headers=OURS
    ).headers["Set-Cookie"]
    assert len(sent.split(";")[0]) < 4096
    text = browser.get("/checkout").get_data(as_text=True)
    assert "ಕ" * 200 in text


def test_a_stranger_plants_nothing(browser: Any) -> None:
    form = {**TYPED, "whose": whose(browser)}
    foreign = {"Origin": "http://elsewhere.example"}
    for path in ("/checkout/draft", "/checkout", "/checkout/start"):
        assert browser.post(path, data=form, headers=foreign).status_code == 403
    assert not has_typed(browser)


def test_a_suspended_person_is_let_in_nowhere_by_it(browser: Any, buyer: Actor) -> None:
    form = {**TYPED, **shown(browser), "whose": whose(browser)}
    person = next(row for row in rows(Account) if row.id == buyer.me())
    suspend(make_person("admin"), person.uid, "a test")
    assert browser.post("/checkout", data=form, headers=OURS).headers["Location"] == TO_SIGN_IN
    assert count(Order) == 0
    assert submit(browser, {"expected_total": "1", "idempotency_key": "k"}).status_code == 401


def test_a_second_tab_hears_that_the_basket_may_be_ordered(browser: Any) -> None:
    hidden = shown(browser)
    submit(browser, hidden)
    late = submit(browser, {**hidden, "idempotency_key": "another"})
    assert late.headers["Location"] == "/basket"
    page = browser.get("/basket").get_data(as_text=True)
    assert "If you ordered it just now, it is done." in page
    assert 'href="/orders">Your orders' in page


def test_two_stores_are_thanked_for_with_one_sum(browser: Any, buyer: Actor) -> None:
    set_line(buyer, make_product(make_store(), 10, title="Tea"), 1)
    placed = submit(browser, shown(browser)).headers["Location"]
    page = browser.get(placed).get_data(as_text=True)
    assert "Together your 2 orders come to ₹150;" in page
    assert "Together" not in browser.get(placed.partition("?")[0]).get_data(as_text=True)
