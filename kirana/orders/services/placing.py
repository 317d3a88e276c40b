"""Writing down a new order group: one order for each store, lines as copies."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection

from kirana.cart.queries import BasketLine
from kirana.orders.errors import NumbersTaken
from kirana.orders.models import Charge, Order, OrderEvent, OrderGroup, OrderLine
from kirana.orders.shapes import Delivery, GroupView, OrderSummary, StoreName
from kirana.platform import clock, columns
from kirana.platform.access import Actor
from kirana.platform.amounts import Money
from kirana.platform.db import verb
from kirana.platform.inserts import insert_all, insert_new, insert_one, insert_rows
from kirana.pricing.quote import Quote, QuotedLine, StoreQuote
from kirana.stock.services.selling import LineDemand

NUMBER_TRIES = 2
_TOLD = OrderLine.product_id, OrderLine.id, OrderLine.quantity, OrderLine.order_id


class NewGroup(msgspec.Struct, frozen=True):
    """What is ordered: a cart's lines with their quote in ``currency``, and where it goes."""

    cart_id: int
    lines: Sequence[BasketLine]
    quote: Quote
    currency: str
    delivery: Delivery


class PlacedOrder(msgspec.Struct, frozen=True):
    order_id: int
    summary: OrderSummary


class PlacedGroup(msgspec.Struct, frozen=True):
    """What was written, and what its lines take from stock."""

    uid: str
    placed_at: datetime
    orders: list[PlacedOrder]
    demands: list[LineDemand]

    def view(self, total: Money) -> GroupView:
        return GroupView(self.uid, total, self.placed_at, [x.summary for x in self.orders])


@verb
def place_orders(connection: Connection, actor: Actor, new: NewGroup) -> PlacedGroup:
    """Write the group, an order for each store, their lines and first events. Takes no stock.

    Raises NumbersTaken. The cart's unique group stands behind one cart, one order.
    """
    now = clock.now(connection)
    uid = columns.new_uid()
    group_id = _insert_group(connection, actor, new, {"uid": uid, "placed_at": now})
    given = {
        "group_id": group_id, "account_id": actor.me(), "currency": new.currency,
        "status": "placed", "version": 1, "placed_at": now, "updated_at": now,
    }  # fmt: skip
    made = _insert_orders(connection, new.quote.stores, given)
    orders = [
        PlacedOrder(made[part.store_id].id, _summary(new, part, made[part.store_id].number, now))
        for part in new.quote.stores
    ]
    demands = _insert_lines(connection, new, orders)
    _insert_charges(connection, new.quote, orders)
    _insert_events(connection, actor, orders, now)
    return PlacedGroup(uid, now, orders, demands)


def _insert_group(
    connection: Connection, actor: Actor, new: NewGroup, given: Mapping[str, Any]
) -> int:
    where = msgspec.structs.asdict(new.delivery)
    group = {
        "account_id": actor.me(), "cart_id": new.cart_id, "currency": new.currency,
        "total_minor": new.quote.total_minor, **where, **given,
    }  # fmt: skip
    group_id: int = insert_one(connection, OrderGroup, group, OrderGroup.id)[0]
    return group_id


def _insert_orders(
    connection: Connection, parts: Sequence[StoreQuote], given: Mapping[str, Any]
) -> dict[int, Any]:
    """Id and number of each store's new order, by store; a number in use is drawn again once."""
    made: dict[int, Any] = {}
    for _attempt in range(NUMBER_TRIES):
        rows = [_order(part, given) for part in parts if part.store_id not in made]
        found = insert_new(connection, Order, rows, Order.store_id, Order.id, Order.number)
        made |= {row.store_id: row for row in found}
        if len(made) == len(parts):
            return made
    raise NumbersTaken


def _order(part: StoreQuote, given: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "number": columns.new_number(), "store_id": part.store_id,
        "lines_minor": part.lines_minor, "charges_minor": part.charges_minor,
        "tax_minor": part.tax_minor, "total_minor": part.total_minor, **given,
    }  # fmt: skip


def _summary(new: NewGroup, part: StoreQuote, number: str, now: datetime) -> OrderSummary:
    goods = next(line for line in new.lines if line.store_id == part.store_id)
    return OrderSummary(
        number=number, store=StoreName(goods.store_slug, goods.store_name), status="placed",
        total=Money(part.total_minor, new.currency), line_count=len(part.lines),
        customer=new.delivery.name, placed_at=now,
    )  # fmt: skip


def _insert_lines(
    connection: Connection, new: NewGroup, orders: Sequence[PlacedOrder]
) -> list[LineDemand]:
    goods = {line.product_id: line for line in new.lines}
    values = [
        _copy(order.order_id, goods[line.wish.product_id], line)
        for order, part in zip(orders, new.quote.stores, strict=True)
        for line in part.lines
    ]
    rows = insert_all(connection, OrderLine, values, *_TOLD)
    ends_holds = any(line.coming_back for line in new.lines)
    cart_id = new.cart_id if ends_holds else None
    numbers = {order.order_id: order.summary.number for order in orders}
    return [
        LineDemand(row.product_id, row.id, row.quantity, numbers[row.order_id], cart_id)
        for row in rows
    ]


def _copy(order_id: int, goods: BasketLine, line: QuotedLine) -> dict[str, Any]:
    return {
        "order_id": order_id, "product_id": goods.product_id, "title": goods.title,
        "sku": goods.sku, "size_text": goods.size_text, "category_name": goods.category_name,
        "unit": goods.unit, "quantity": goods.quantity, "price_minor": goods.price_minor,
        "price_per": goods.price_per, "tax_class": goods.tax_class,
        "tax_basis_points": line.tax_basis_points, "tax_minor": line.tax_minor,
        "total_minor": line.total_minor, "status": "ordered",
    }  # fmt: skip


def _insert_charges(connection: Connection, quote: Quote, orders: Sequence[PlacedOrder]) -> None:
    values = [
        {
            "order_id": order.order_id,
            "kind": charge.kind,
            "label": charge.label,
            "amount_minor": charge.amount_minor,
        }
        for order, part in zip(orders, quote.stores, strict=True)
        for charge in part.charges
    ]
    insert_rows(connection, Charge, values)


def _insert_events(
    connection: Connection, actor: Actor, orders: Sequence[PlacedOrder], now: datetime
) -> None:
    event = {"to_status": "placed", "reason": "", "actor_id": actor.account_id, "at": now}
    insert_rows(connection, OrderEvent, [{"order_id": x.order_id, **event} for x in orders])
