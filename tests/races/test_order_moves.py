"""Two people move one order at once: one wins, and money and goods follow the winner."""

from typing import Any

import pytest

from kirana import check
from kirana.cart.services import set_line
from kirana.orders.queries import get_order
from kirana.orders.services import cancel_my_order, move_order
from kirana.platform.access import Actor
from tests.cart.goods import make_person, make_product, make_store, movements_of, stock_of
from tests.checkout.buying import buy
from tests.checkout.calling import bearer_of
from tests.races.threads import at_once, raised, repeated, succeeded

TIMES = 5


def placed() -> tuple[str, str, Actor, Actor]:
    """(number, slug, buyer, staff) of an order of two pieces."""
    make_person("admin")
    store = make_store()
    slug, buyer, staff = make_product(store), make_person(), make_person("manager", store)
    set_line(buyer, slug, 2)
    return buy(buyer).orders[0].number, slug, buyer, staff


@repeated
@pytest.mark.usefixtures("database")
def test_cancelled_five_times_stock_comes_back_once(attempt: int) -> None:
    number, slug, buyer, _staff = placed()
    outcomes = at_once([lambda: cancel_my_order(buyer, number)] * TIMES)
    assert len(succeeded(outcomes)) == 1
    assert raised(outcomes) == ["IllegalMove"] * (TIMES - 1)
    assert movements_of(slug) == [("received", 10), ("sold", -2), ("returned", 2)]
    assert check.run() == []


@repeated
def test_cancelled_five_times_with_one_key(app: Any, attempt: int) -> None:
    number, slug, buyer, _staff = placed()
    headers = {"Authorization": f"Bearer {bearer_of(buyer)}", "Idempotency-Key": "cancel"}
    path = f"/api/v1/orders/{number}/cancellation"
    replies = at_once([lambda: app.test_client().post(path, headers=headers)] * TIMES)
    assert [reply.status_code for reply in replies] == [200] * TIMES
    assert len({reply.data for reply in replies}) == 1
    assert stock_of(slug) == 10


@repeated
@pytest.mark.usefixtures("database")
def test_cancel_beside_packing(attempt: int) -> None:
    number, slug, buyer, staff = placed()
    for to in ("accepted", "picking"):
        move_order(staff, number, (to, ""))
    outcomes = at_once(
        [
            lambda: cancel_my_order(buyer, number),
            lambda: move_order(staff, number, ("packed", "")),
        ]
    )
    assert raised(outcomes) == ["IllegalMove"]
    is_cancelled = get_order(buyer, number).status == "cancelled"
    assert stock_of(slug) == (10 if is_cancelled else 8)
    assert check.run() == []


@repeated
@pytest.mark.usefixtures("database")
def test_cancel_beside_handing_over(attempt: int) -> None:
    number, slug, buyer, staff = placed()
    for to in ("accepted", "picking", "packed"):
        move_order(staff, number, (to, ""))

    def hand_over() -> None:
        for to in ("ready", "handed_over"):
            move_order(staff, number, (to, ""))

    outcomes = at_once([hand_over, lambda: move_order(staff, number, ("cancelled", "no show"))])
    assert raised(outcomes) == ["IllegalMove"]
    order = get_order(buyer, number)
    kept = {"handed_over": ("captured", 8), "cancelled": ("voided", 10)}
    assert (order.payment_status, stock_of(slug)) == kept[order.status]
    assert check.run() == []


@repeated
@pytest.mark.usefixtures("database")
def test_handed_over_five_times_the_cash_is_taken_once(attempt: int) -> None:
    number, _slug, buyer, staff = placed()
    for to in ("accepted", "picking", "packed", "ready"):
        move_order(staff, number, (to, ""))
    outcomes = at_once([lambda: move_order(staff, number, ("handed_over", ""))] * TIMES)
    assert raised(outcomes) == ["IllegalMove"] * (TIMES - 1)
    assert get_order(buyer, number).payment_status == "captured"
    assert check.run() == []
