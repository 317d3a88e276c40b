"""Turning a basket into orders: one verb, one transaction, all lines or none."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection

from kirana.accounts.permissions import Permission
from kirana.cart.queries import BasketLine
from kirana.cart.services.carts import HandedIn, hand_in_cart
from kirana.checkout.errors import LinesUnavailable, PriceChanged
from kirana.orders.services.placing import NewGroup, PlacedOrder, place_orders
from kirana.orders.shapes import Delivery, GroupView
from kirana.payments.services import Due, open_payments
from kirana.platform import audit
from kirana.platform.access import Actor
from kirana.platform.amounts import Money
from kirana.platform.announce import announce
from kirana.platform.db import verb
from kirana.platform.outbox import enqueue_all
from kirana.platform.probes import reached
from kirana.pricing.quote import Quote, quote
from kirana.pricing.tax import tax_rules
from kirana.stock.services.selling import take_for_lines

# Left to the guarded write, which alone knows.
_STOCK = ("", "out_of_stock", "short")


@verb
def check_out(
    connection: Connection, actor: Actor, delivery: Delivery, expected: Money,
    method: str = "cash",
) -> GroupView:  # fmt: skip
    """Order what is in the caller's basket at the prices of now, if they add up to ``expected``.

    Locks the cart, then stock levels in ascending product id. Raises Unauthorized, Forbidden,
    Invalid, BasketEmpty, LinesUnavailable, PriceChanged, OutOfStock, TotalTooLarge; then nothing
    was taken.
    """
    actor.require(Permission.PLACE_ORDER)
    delivery = delivery.cleaned()
    reached("checkout.begun")
    cart = hand_in_cart(actor)
    found = _quote(cart, expected)
    new = NewGroup(cart.cart_id, cart.lines, found, expected.currency, delivery)
    group = place_orders(actor, new)
    open_payments([Due(order.order_id, order.summary.total, method) for order in group.orders])
    _write_down(connection, actor, group.orders)
    announce(connection, "order_placed", account_id=actor.me(), group_uid=group.uid)
    # Last, so that the rows everybody wants are locked for the shortest time.
    take_for_lines(actor, group.demands)
    return group.view(expected)


def _quote(cart: HandedIn, expected: Money) -> Quote:
    blocked = [line for line in cart.lines if line.problem not in _STOCK]
    if blocked:
        raise LinesUnavailable(lines=[_blocked(line) for line in blocked])
    found = quote((line.wish() for line in cart.lines), tax_rules())
    if found.total_minor != expected.amount:
        total = Money(found.total_minor, expected.currency)
        raise PriceChanged(
            total=msgspec.to_builtins(total), changes=_changes(cart.lines, total.currency)
        )
    return found


def _changes(lines: Sequence[BasketLine], currency: str) -> list[dict[str, Any]]:
    """Lines whose price is not the one that was seen when they were put in."""
    return [
        {
            "slug": line.slug,
            "title": line.title,
            "quantity": {"value": line.quantity, "unit": line.unit},
            "price_seen": {"amount": line.price_seen_minor, "currency": currency},
            "price": {"amount": line.price_minor, "currency": currency},
            "total": {"amount": line.total_minor, "currency": currency},
        }
        for line in lines
        if line.price_changed
    ]


def _blocked(line: BasketLine) -> dict[str, Any]:
    return {"slug": line.slug, "title": line.title, "problem": line.problem, "detail": line.note}


def _write_down(connection: Connection, actor: Actor, orders: Sequence[PlacedOrder]) -> None:
    """Each order's one confirmation, and its row in the audit log."""
    mails = {f"order-confirm:{x.summary.number}": {"order_id": x.order_id} for x in orders}
    enqueue_all(connection, "order_confirmation", mails)
    after = {
        x.summary.number: {"status": "placed", "total_minor": x.summary.total.amount}
        for x in orders
    }
    audit.record_all(connection, actor, "order.placed", "order", after)
