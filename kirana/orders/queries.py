"""Reading orders: one's own, and those of the stores one works for."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, and_, func, or_, select

from kirana.accounts.permissions import Permission
from kirana.catalog.addresses import small_picture_url
from kirana.catalog.models import Category, Picture, Product
from kirana.catalog.queries import own_store_id
from kirana.catalog.units import quantity_text
from kirana.orders.models import Charge, Order, OrderEvent, OrderGroup, OrderLine
from kirana.orders.shapes import (
    ChargeView,
    Delivery,
    LineView,
    OrdersQuery,
    OrderStatus,
    OrderSummary,
    OrderView,
    Sibling,
    Step,
    StoreName,
    StoreOrdersQuery,
)
from kirana.orders.states import COURIER_MOVES, CUSTOMER_CANCELS, ORDER_MOVES
from kirana.payments.models import Payment
from kirana.payments.queries import PaymentView, get_payment
from kirana.platform.access import Actor
from kirana.platform.amounts import Money, Quantity
from kirana.platform.db import query
from kirana.platform.paging import Page, after, decode_cursor, to_page
from kirana.platform.rows import existing, existing_row
from kirana.pricing.shapes import show_taxes
from kirana.pricing.tax import is_included, tax_rows
from kirana.stores.models import Store

MOST_THUMBS = 4
_LINE_COUNT = (
    select(func.count()).where(OrderLine.order_id == Order.id).scalar_subquery().label("lines")
)


@query
def list_my_orders(connection: Connection, actor: Actor, wanted: OrdersQuery) -> Page[OrderSummary]:
    """The caller's orders, newest first. Raises Unauthorized, Invalid (cursor)."""
    return _page(connection, Order.account_id == actor.me(), wanted.limit, wanted.cursor)


@query
def list_store_orders(
    connection: Connection, actor: Actor, store: str, wanted: StoreOrdersQuery
) -> Page[OrderSummary]:
    """The orders of one of the caller's stores, newest first; for a courier those on the way.

    Raises NotFound for others'.
    """
    store_id = own_store_id(actor, store, Permission.READ_STORE_DELIVERIES)
    seen = worked_on_by(actor, Permission.READ_STORE_ORDERS, Permission.READ_STORE_DELIVERIES)
    condition = and_(Order.store_id == store_id, seen)
    if wanted.status is not None:
        condition = and_(condition, Order.status == wanted.status)
    return _page(connection, condition, wanted.limit, wanted.cursor)


@query
def get_order(connection: Connection, actor: Actor, number: str) -> OrderView:
    """An order of the caller's, or of a store they work for. Raises NotFound."""
    find = _ORDER.where(Order.number == number, visible_to(actor))
    return _view(connection, actor, existing_row(connection, find))


@query
def get_order_payment(connection: Connection, actor: Actor, number: str) -> PaymentView:
    """The payment of an order that the caller may see. Raises NotFound."""
    find = select(Order.id).where(Order.number == number, visible_to(actor))
    return get_payment(existing(connection.execute(find).scalar_one_or_none()))


@query
def thumbs_of(
    connection: Connection, actor: Actor, numbers: Sequence[str]
) -> dict[str, list[dict[str, str]]]:
    """The first pictures of some of the caller's orders, by number."""
    rows = connection.execute(
        select(Order.number, Product.slug, Picture.file, Category.well)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .join(Product, Product.id == OrderLine.product_id)
        .join(Category, Category.id == Product.category_id)
        .outerjoin(Picture, and_(Picture.product_id == Product.id, Picture.position == 0))
        .where(Order.account_id == actor.me(), Order.number.in_(numbers))
        .order_by(OrderLine.id)
    )
    found: dict[str, list[dict[str, str]]] = {number: [] for number in numbers}
    for row in rows:
        thumbs = found[row.number]
        if len(thumbs) < MOST_THUMBS:
            thumbs.append({"url": small_picture_url(row.file, row.slug), "well": row.well})
    return found


@query
def find_last_delivery(connection: Connection, actor: Actor) -> Delivery | None:
    """Where the caller's newest order went, to fill in the next one's form."""
    row = connection.execute(
        select(
            OrderGroup.name, OrderGroup.phone, OrderGroup.street, OrderGroup.city,
            OrderGroup.postcode,
        )
        .where(OrderGroup.account_id == actor.me())
        .order_by(OrderGroup.id.desc())
        .limit(1)
    ).one_or_none()  # fmt: skip
    return None if row is None else Delivery(*row)


def visible_to(actor: Actor) -> Any:
    """The condition that picks what the caller may see: own orders and their stores'."""
    at_work = worked_on_by(actor, Permission.READ_STORE_ORDERS, Permission.READ_STORE_DELIVERIES)
    return or_(Order.account_id == actor.me(), at_work)


def worked_on_by(actor: Actor, all_orders: Permission, deliveries: Permission) -> Any:
    """The condition that picks the orders of the caller's stores, a courier's by their status."""
    with_couriers = Order.status.in_(COURIER_MOVES)
    return or_(
        Order.store_id.in_(actor.stores_for(all_orders)),
        and_(Order.store_id.in_(actor.stores_for(deliveries)), with_couriers),
    )


def moves_for(actor: Actor, order: Any) -> tuple[str, ...]:
    """Where the caller may move an order (``store_id``, ``status``) as one of the store's team."""
    if actor.may_in(order.store_id, Permission.WRITE_STORE_ORDERS):
        return ORDER_MOVES[order.status]
    if actor.may_in(order.store_id, Permission.WRITE_STORE_DELIVERIES):
        return COURIER_MOVES.get(order.status, ())
    return ()


_SUMMARY = (
    select(
        Order.number, Order.status, Order.total_minor, Order.currency, Order.placed_at,
        Store.slug.label("store_slug"), Store.name.label("store_name"),
        OrderGroup.name.label("customer"), _LINE_COUNT,
    )
    .join(Store, Store.id == Order.store_id)
    .join(OrderGroup, OrderGroup.id == Order.group_id)
)  # fmt: skip

_ORDER = (
    select(
        Order.id, Order.number, Order.status, Order.version, Order.placed_at, Order.account_id,
        Order.store_id, Order.group_id, Order.currency, Order.lines_minor, Order.tax_minor,
        Order.total_minor,
        OrderGroup.uid.label("group_uid"), OrderGroup.name, OrderGroup.phone, OrderGroup.street,
        OrderGroup.city, OrderGroup.postcode, OrderGroup.note,
        Store.slug.label("store_slug"), Store.name.label("store_name"),
        Payment.method, Payment.status.label("payment_status"),
    )
    .join(OrderGroup, OrderGroup.id == Order.group_id)
    .join(Store, Store.id == Order.store_id)
    .join(Payment, Payment.order_id == Order.id)
)  # fmt: skip

_LINES = (
    select(
        OrderLine.title, OrderLine.sku, OrderLine.size_text, OrderLine.category_name,
        OrderLine.unit, OrderLine.quantity, OrderLine.price_minor, OrderLine.price_per,
        OrderLine.tax_basis_points, OrderLine.tax_minor, OrderLine.total_minor, OrderLine.status,
        Product.slug, Product.status.label("product_status"), Category.well, Picture.file,
    )
    .join(Product, Product.id == OrderLine.product_id)
    .join(Category, Category.id == Product.category_id)
    .outerjoin(Picture, and_(Picture.product_id == Product.id, Picture.position == 0))
    .order_by(OrderLine.id)
)  # fmt: skip


def _page(
    connection: Connection, condition: Any, limit: int, cursor: str | None
) -> Page[OrderSummary]:
    keys = (Order.placed_at, Order.number)
    wanted = _SUMMARY.where(condition).order_by(*[key.desc() for key in keys]).limit(limit + 1)
    if cursor is not None:
        placed_at, number = decode_cursor(cursor, (datetime, str))
        wanted = wanted.where(after(keys, (placed_at, number), descending=True))
    rows = connection.execute(wanted).all()
    return to_page(rows, limit, _summary, lambda row: (row.placed_at.isoformat(), row.number))


def _summary(row: Any) -> OrderSummary:
    return OrderSummary(
        number=row.number,
        store=StoreName(row.store_slug, row.store_name),
        status=row.status,
        total=Money(row.total_minor, row.currency),
        line_count=row.lines,
        customer=row.customer,
        placed_at=row.placed_at,
    )


def _view(connection: Connection, actor: Actor, row: Any) -> OrderView:
    def money(minor: int) -> Money:
        return Money(minor, row.currency)

    lines = connection.execute(_LINES.where(OrderLine.order_id == row.id)).all()
    charges = connection.execute(
        select(Charge.kind, Charge.label, Charge.amount_minor)
        .where(Charge.order_id == row.id)
        .order_by(Charge.id)
    ).all()
    included = is_included(charges)
    is_mine = row.account_id == actor.account_id
    moves = cast(list[OrderStatus], list(moves_for(actor, row)))
    return OrderView(
        number=row.number, group=row.group_uid, store=StoreName(row.store_slug, row.store_name),
        status=row.status, version=row.version, placed_at=row.placed_at,
        delivery=Delivery(row.name, row.phone, row.street, row.city, row.postcode, row.note),
        lines=[_line(line, row.currency) for line in lines],
        charges=[ChargeView(x.kind, x.label, money(x.amount_minor)) for x in charges],
        lines_total=money(row.lines_minor), prices_include_tax=included,
        taxes=show_taxes(tax_rows(lines, included), row.currency), tax=money(row.tax_minor),
        total=money(row.total_minor), payment_method=row.method, payment_status=row.payment_status,
        history=_history(connection, row.id),
        can_cancel=is_mine and row.status in CUSTOMER_CANCELS, moves=moves,
        siblings=_siblings(connection, row) if is_mine else [],
    )  # fmt: skip


def _siblings(connection: Connection, row: Any) -> list[Sibling]:
    others = connection.execute(
        select(Order.number, Store.slug, Store.name)
        .join(Store, Store.id == Order.store_id)
        .where(Order.group_id == row.group_id, Order.id != row.id)
        .order_by(Order.id)
    )
    return [Sibling(other.number, StoreName(other.slug, other.name)) for other in others]


def _line(row: Any, currency: str) -> LineView:
    return LineView(
        title=row.title, sku=row.sku, size_text=row.size_text, category=row.category_name,
        quantity=Quantity(row.quantity, row.unit),
        quantity_text=quantity_text(row.quantity, row.unit),
        price=Money(row.price_minor, currency), price_per=row.price_per,
        tax_basis_points=row.tax_basis_points, tax=Money(row.tax_minor, currency),
        total=Money(row.total_minor, currency), status=row.status,
        product=row.slug if row.product_status == "published" else None,
        picture_url=small_picture_url(row.file, row.slug), well=row.well,
    )  # fmt: skip


def _history(connection: Connection, order_id: int) -> list[Step]:
    rows = connection.execute(
        select(OrderEvent.from_status, OrderEvent.to_status, OrderEvent.reason, OrderEvent.at)
        .where(OrderEvent.order_id == order_id)
        .order_by(OrderEvent.id)
    )
    return [Step(*row) for row in rows]  # type: ignore[arg-type] # CHECKed
