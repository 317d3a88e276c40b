"""One basket, one order: however often, and with however many keys, it is sent.

With a rival at a named point, and without the guards: test_rivals.
"""

from collections import Counter
from typing import Any

import pytest

from kirana import check
from kirana.cart.queries import basket_view
from kirana.cart.services import set_line
from kirana.checkout.services import check_out
from kirana.orders.models import OrderGroup
from kirana.platform.access import Actor
from kirana.platform.amounts import Money
from tests.cart.goods import (
    change_product,
    make_person,
    make_product,
    make_store,
    stock_of,
)
from tests.checkout.buying import HOME, count
from tests.checkout.calling import bearer_of, order_body
from tests.races.threads import at_once, raised, repeated, succeeded

TIMES = 5


def ready_buyer() -> tuple[Actor, str]:
    make_person("admin")
    slug, buyer = make_product(make_store()), make_person()
    set_line(buyer, slug, 2)
    return buyer, slug


def submit(app: Any, token: str, key: str) -> Any:
    return app.test_client().post(
        "/api/v1/orders",
        json=order_body(10_000),
        headers={"Authorization": f"Bearer {token}", "Idempotency-Key": key},
    )


@repeated
def test_the_same_key_five_times(app: Any, attempt: int) -> None:
    buyer, slug = ready_buyer()
    token = bearer_of(buyer)
    replies = at_once([lambda: submit(app, token, "one-key")] * TIMES)
    assert [reply.status_code for reply in replies] == [201] * TIMES
    assert len({reply.data for reply in replies}) == 1
    assert len({reply.headers["Location"] for reply in replies}) == 1
    assert Counter(r.headers.get("Idempotent-Replayed") for r in replies) == {"true": 4, None: 1}
    assert (count(OrderGroup), stock_of(slug)) == (1, 8)
    assert check.run() == []


@repeated
def test_five_keys_for_one_basket(app: Any, attempt: int) -> None:
    buyer, slug = ready_buyer()
    token = bearer_of(buyer)
    replies = at_once([lambda n=n: submit(app, token, f"key-{n}") for n in range(TIMES)])
    told = Counter((reply.status_code, reply.json.get("code")) for reply in replies)
    assert told == {(201, None): 1, (409, "basket_empty"): TIMES - 1}
    assert (count(OrderGroup), stock_of(slug)) == (1, 8)
    assert check.run() == []


@repeated
@pytest.mark.usefixtures("database")
def test_a_price_that_changes_meanwhile(attempt: int) -> None:
    """Either the order stands at the price that was seen, or nothing was taken."""
    buyer, slug = ready_buyer()
    outcomes = at_once(
        [
            lambda: check_out(buyer, HOME, Money(10_000, "INR")),
            lambda: change_product(slug, price_minor=6000),
        ]
    )
    if raised(outcomes) == ["PriceChanged"]:
        assert (count(OrderGroup), stock_of(slug)) == (0, 10)
        assert basket_view(buyer).total_minor == 12_000
    else:
        assert succeeded(outcomes)[0].total.amount == 10_000
        assert stock_of(slug) == 8
    assert check.run() == []
