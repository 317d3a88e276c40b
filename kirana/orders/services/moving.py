"""Moving an order along its table of moves, and what each move brings about."""

from typing import Any

from sqlalchemy import Connection, insert, select, update

from kirana.accounts.permissions import Permission
from kirana.orders.models import Order, OrderEvent, OrderLine
from kirana.orders.queries import get_order, moves_for, worked_on_by
from kirana.orders.shapes import OrderView
from kirana.orders.states import CUSTOMER_CANCELS, ORDER_MOVES
from kirana.payments.services import capture, void
from kirana.platform import audit, clock
from kirana.platform.access import Actor
from kirana.platform.announce import announce
from kirana.platform.db import verb
from kirana.platform.errors import IllegalMove, Invalid, Stale
from kirana.platform.outbox import enqueue
from kirana.platform.probes import reached
from kirana.platform.rows import existing_row
from kirana.platform.states import require_move
from kirana.stock.services.selling import LineDemand, give_back_for_lines

NEEDS_REASON = ("cancelled", "not_delivered", "returned")
# What happens to the lines of an order that moves there: (from, to).
_LINE_STEPS = {
    "packed": (("ordered", "picked"),),
    "cancelled": (("ordered", "cancelled"), ("picked", "returned")),
    "returned": (("picked", "returned"),),
}


@verb
def cancel_my_order(
    connection: Connection, actor: Actor, number: str, reason: str = "", version: int | None = None
) -> OrderView:
    """A customer takes their order back while nothing is packed; stock goes back once.

    Locks the order, then its payment and stock. Raises NotFound, Stale, IllegalMove.
    """
    order = _lock(connection, number, Order.account_id == actor.me(), version)
    if order.status not in CUSTOMER_CANCELS:
        raise IllegalMove(
            f"It is {order.status}; it can no longer be cancelled.",
            current=order.status,
            wanted="cancelled",
            legal=[],
        )
    _perform(connection, actor, order, ("cancelled", reason.strip()))
    return get_order(actor, number)


@verb
def move_order(
    connection: Connection, actor: Actor, number: str, step: tuple[str, str],
    version: int | None = None,
) -> OrderView:  # fmt: skip
    """Staff move an order of their store, couriers one on the way; ``step`` is (to, reason).

    Handing over takes the cash; cancelling and returning give the stock back, once. Locks the
    order, then its payment and stock. Raises NotFound, Stale, IllegalMove, Invalid (no reason).
    """
    to, reason = step[0], step[1].strip()
    allowed = worked_on_by(actor, Permission.WRITE_STORE_ORDERS, Permission.WRITE_STORE_DELIVERIES)
    order = _lock(connection, number, allowed, version)
    require_move({order.status: moves_for(actor, order)}, order.status, to)
    if to in NEEDS_REASON and not reason:
        raise Invalid.at("/reason", "say why, for the customer and the history", "required")
    _perform(connection, actor, order, (to, reason))
    return get_order(actor, number)


def _lock(connection: Connection, number: str, allowed: Any, version: int | None) -> Any:
    order = existing_row(
        connection,
        select(Order.id, Order.number, Order.store_id, Order.status, Order.version)
        .where(Order.number == number, allowed)
        .with_for_update(),
    )
    if version is not None and version != order.version:
        raise Stale
    reached("order.locked")
    return order


def _perform(connection: Connection, actor: Actor, order: Any, step: tuple[str, str]) -> None:
    """The one place where an order's status changes: by the table, with a row of history."""
    to, reason = step
    require_move(ORDER_MOVES, order.status, to)
    now = clock.now(connection)
    connection.execute(
        update(Order)
        .where(Order.id == order.id)
        .values(status=to, version=Order.version + 1, updated_at=now)
    )
    connection.execute(
        insert(OrderEvent).values(
            order_id=order.id, from_status=order.status, to_status=to, reason=reason,
            actor_id=actor.account_id, at=now,
        )
    )  # fmt: skip
    _follow(connection, actor, order, to)
    before, after = {"status": order.status}, {"status": to}
    audit.record(
        connection, actor, "order.moved", ("order", order.number), before=before, after=after
    )
    announce(connection, "order_moved", order_id=order.id, was=order.status, now=to)


def _follow(connection: Connection, actor: Actor, order: Any, to: str) -> None:
    """What a move brings about: money, lines, stock, mail."""
    if to == "handed_over":
        capture(actor, order.id)
    for old, new in _LINE_STEPS.get(to, ()):
        mine = (OrderLine.order_id == order.id, OrderLine.status == old)
        connection.execute(update(OrderLine).where(*mine).values(status=new))
    if to in ("cancelled", "returned"):
        void(actor, order.id)
        give_back_for_lines(actor, _demands(connection, order))
    if to == "cancelled":
        key = f"order-cancelled:{order.number}"
        enqueue(connection, "order_cancelled", key, order_id=order.id)


def _demands(connection: Connection, order: Any) -> list[LineDemand]:
    lines = connection.execute(
        select(OrderLine.product_id, OrderLine.id, OrderLine.quantity)
        .where(OrderLine.order_id == order.id)
        .order_by(OrderLine.product_id)
    )
    return [LineDemand(line.product_id, line.id, line.quantity, order.number) for line in lines]
