"""Orders: one group per basket, one order per store, lines as copies of what was true."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kirana.orders.states import LINE_MOVES, ORDER_MOVES
from kirana.platform import columns
from kirana.platform.tables import ByteOrdered, Model

CHARGE_KINDS = ("delivery", "discount", "tax", "deposit")


class OrderGroup(Model):
    """What one basket became. ``cart_id`` is unique: one cart gives at most one group."""

    __tablename__ = "order_group"
    __table_args__ = (CheckConstraint("total_minor >= 0", name="total_not_negative"),)

    uid: Mapped[str] = columns.uid()
    account_id: Mapped[int] = columns.link("account.id")
    cart_id: Mapped[int] = columns.link("cart.id", index=False, unique=True)
    total_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    name: Mapped[str] = mapped_column(String(120))
    phone: Mapped[str] = mapped_column(String(32))
    street: Mapped[str] = mapped_column(String(200))
    city: Mapped[str] = mapped_column(String(80))
    postcode: Mapped[str] = mapped_column(String(16))
    note: Mapped[str] = mapped_column(String(500), default="")
    placed_at: Mapped[datetime] = columns.created()


class Order(Model):
    """One store's part of a group. ``tax_minor`` is contained in the total."""

    __tablename__ = "order"
    __table_args__ = (
        columns.one_of("status", tuple(ORDER_MOVES)),
        UniqueConstraint("group_id", "store_id"),
        CheckConstraint("total_minor = lines_minor + charges_minor", name="total_adds_up"),
        CheckConstraint("total_minor >= 0 AND tax_minor >= 0", name="total_not_negative"),
        Index("ix_order_of_customer", "account_id", "placed_at", "id"),
        Index("ix_order_of_store", "store_id", "status", "placed_at", "id"),
        Index("ix_order_of_store_by_time", "store_id", "placed_at", "id"),
    )

    number: Mapped[str] = mapped_column(ByteOrdered, unique=True, default=columns.new_number)
    group_id: Mapped[int] = columns.link("order_group.id", index=False)
    store_id: Mapped[int] = columns.link("store.id", index=False)
    account_id: Mapped[int] = columns.link("account.id", index=False)
    status: Mapped[str] = columns.status(default="placed")
    lines_minor: Mapped[int]
    charges_minor: Mapped[int] = mapped_column(default=0)
    tax_minor: Mapped[int] = mapped_column(default=0)
    total_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    version: Mapped[int] = mapped_column(default=1)
    placed_at: Mapped[datetime] = columns.created()
    updated_at: Mapped[datetime] = columns.created()


class OrderLine(Model):
    """A copy of what was ordered, at what price and tax."""

    __tablename__ = "order_line"
    __table_args__ = (
        columns.one_of("status", tuple(LINE_MOVES)),
        UniqueConstraint("order_id", "product_id"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("total_minor >= 0 AND tax_minor >= 0", name="total_not_negative"),
    )

    order_id: Mapped[int] = columns.link("order.id", index=False)
    product_id: Mapped[int] = columns.link("product.id")
    title: Mapped[str] = mapped_column(String(160))
    sku: Mapped[str] = mapped_column(String(80))
    size_text: Mapped[str] = mapped_column(String(60), default="")
    category_name: Mapped[str] = mapped_column(String(80))
    unit: Mapped[str] = mapped_column(String(4))
    quantity: Mapped[int]
    price_minor: Mapped[int]
    price_per: Mapped[int]
    tax_class: Mapped[str] = mapped_column(String(10))
    tax_basis_points: Mapped[int]
    tax_minor: Mapped[int]
    total_minor: Mapped[int]
    status: Mapped[str] = columns.status(default="ordered")


class Charge(Model):
    """A typed amount beside the lines; a discount is negative."""

    __tablename__ = "charge"
    __table_args__ = (columns.one_of("kind", CHARGE_KINDS),)

    order_id: Mapped[int] = columns.link("order.id")
    kind: Mapped[str] = mapped_column(String(12))
    label: Mapped[str] = mapped_column(String(120))
    amount_minor: Mapped[int]


class OrderEvent(columns.Move):
    """One move of an order's status."""

    __tablename__ = "order_event"

    order_id: Mapped[int] = columns.link("order.id")
    reason: Mapped[str] = mapped_column(Text, default="")
    actor_id: Mapped[int | None] = columns.link("account.id", index=False)
