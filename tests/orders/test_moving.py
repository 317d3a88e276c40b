"""An order's way: what each move brings about. Who may make which: test_every_move."""

import dataclasses

import pytest

from kirana import check
from kirana.cart.services import set_line
from kirana.orders.models import OrderEvent, OrderLine
from kirana.orders.queries import get_order, get_order_payment
from kirana.orders.services import cancel_my_order, move_order
from kirana.orders.states import CUSTOMER_CANCELS
from kirana.payments.models import PaymentEvent
from kirana.payments.states import status_after
from kirana.platform.access import Actor
from kirana.platform.errors import IllegalMove, Invalid, NotFound, Stale
from kirana.platform.outbox import Outbox
from tests.cart.goods import make_person, make_product, make_store, movements_of, stock_of
from tests.checkout.buying import buy, count, rows
from tests.orders.street import way_to

pytestmark = pytest.mark.usefixtures("database")
ROAD = ("accepted", "picking", "packed", "on_the_way", "handed_over", "completed")


@dataclasses.dataclass
class Placed:
    """An order of two pieces from a stock of ten, its buyer, and a manager of its store."""

    number: str
    slug: str
    buyer: Actor
    staff: Actor

    def go(self, *steps: str) -> None:
        for to in steps:
            move_order(self.staff, self.number, (to, "because"))

    @property
    def status(self) -> str:
        return get_order(self.buyer, self.number).status


@pytest.fixture
def placed() -> Placed:
    make_person("admin")
    store = make_store()
    slug, buyer, staff = make_product(store), make_person(), make_person("manager", store)
    set_line(buyer, slug, 2)
    return Placed(buy(buyer).orders[0].number, slug, buyer, staff)


def test_the_whole_road(placed: Placed) -> None:
    placed.go(*ROAD)
    order = get_order(placed.buyer, placed.number)
    assert (order.status, order.version, order.can_cancel) == ("completed", 7, False)
    assert [step.to_status for step in order.history] == ["placed", *ROAD]
    assert {line.status for line in order.lines} == {"picked"}
    payment = get_order_payment(placed.buyer, placed.number)
    assert (payment.status, payment.captured.amount) == ("captured", 10000)
    assert [(event.kind, event.amount.amount) for event in payment.events] == [("captured", 10000)]
    assert check.run() == []


@pytest.mark.parametrize("status", CUSTOMER_CANCELS)
def test_a_customer_cancels_and_stock_goes_back_once(placed: Placed, status: str) -> None:
    placed.go(*way_to(status))
    order = cancel_my_order(placed.buyer, placed.number, "changed my mind")
    assert (order.status, order.history[-1].reason) == ("cancelled", "changed my mind")
    assert {line.status for line in order.lines} == {"cancelled"}
    assert order.payment_status == "voided"
    assert stock_of(placed.slug) == 10
    for _ in range(2):
        with pytest.raises(IllegalMove):
            cancel_my_order(placed.buyer, placed.number)
    assert movements_of(placed.slug) == [("received", 10), ("sold", -2), ("returned", 2)]
    assert count(Outbox, Outbox.kind == "order_cancelled") == 1
    assert check.run() == []


def test_a_packed_order_is_cancelled_by_staff_only_and_with_a_reason(placed: Placed) -> None:
    placed.go("accepted", "picking", "packed")
    with pytest.raises(IllegalMove) as caught:
        cancel_my_order(placed.buyer, placed.number)
    assert caught.value.details["legal"] == []
    with pytest.raises(Invalid) as missing:
        move_order(placed.staff, placed.number, ("cancelled", " "))
    assert missing.value.errors[0]["pointer"] == "/reason"
    order = move_order(placed.staff, placed.number, ("cancelled", "the roof leaks"))
    assert {line.status for line in order.lines} == {"returned"}
    assert stock_of(placed.slug) == 10
    assert check.run() == []


def test_what_could_not_be_delivered_comes_back(placed: Placed) -> None:
    placed.go("accepted", "picking", "packed", "on_the_way", "not_delivered", "returned")
    assert stock_of(placed.slug) == 10
    assert get_order(placed.buyer, placed.number).payment_status == "voided"
    assert check.run() == []


def test_strangers_see_nothing(placed: Placed) -> None:
    stranger, other_staff = make_person(), make_person("manager", make_store())
    for actor in (stranger, other_staff):
        for act in (
            lambda who=actor: get_order(who, placed.number),
            lambda who=actor: get_order_payment(who, placed.number),
            lambda who=actor: cancel_my_order(who, placed.number),
            lambda who=actor: move_order(who, placed.number, ("accepted", "")),
        ):
            with pytest.raises(NotFound):
                act()
    with pytest.raises(NotFound):
        move_order(placed.buyer, placed.number, ("accepted", ""))
    with pytest.raises(NotFound):
        cancel_my_order(placed.staff, placed.number)
    assert placed.status == "placed"


def test_a_stale_version_moves_nothing(placed: Placed) -> None:
    seen = get_order(placed.staff, placed.number).version
    placed.go("accepted")
    with pytest.raises(Stale):
        move_order(placed.staff, placed.number, ("picking", ""), seen)
    with pytest.raises(Stale):
        cancel_my_order(placed.buyer, placed.number, version=seen)
    assert move_order(placed.staff, placed.number, ("picking", ""), seen + 1).status == "picking"


def test_history_tells_who(placed: Placed) -> None:
    placed.go("accepted")
    cancel_my_order(placed.buyer, placed.number)
    assert [(row.from_status, row.to_status, row.actor_id) for row in rows(OrderEvent)] == [
        (None, "placed", placed.buyer.account_id),
        ("placed", "accepted", placed.staff.account_id),
        ("accepted", "cancelled", placed.buyer.account_id),
    ]
    assert count(OrderLine, OrderLine.status == "cancelled") == 1
    assert [row.kind for row in rows(PaymentEvent)] == ["voided"]


@pytest.mark.parametrize(
    ("kinds", "status"),
    [([], "due"), (["captured"], "captured"), (["failed", "authorised"], "authorised")],
)
def test_a_payments_status_follows_its_events(kinds: list[str], status: str) -> None:
    assert status_after(kinds) == status


@pytest.mark.parametrize("kinds", [["captured", "captured"], ["voided", "captured"], ["refunded"]])
def test_impossible_events_are_refused(kinds: list[str]) -> None:
    with pytest.raises(IllegalMove):
        status_after(kinds)
