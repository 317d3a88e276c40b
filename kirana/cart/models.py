"""Baskets: of an account, or of a guest by the hash of a random token."""

from datetime import datetime

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kirana.cart.states import CART_MOVES
from kirana.platform import columns
from kirana.platform.tables import Model


class Cart(columns.Public):
    """One basket. ``version`` rises with every change of its lines.

    ``kept_since``: when goods were first kept for it, of the times that count together.
    """

    __tablename__ = "cart"
    __table_args__ = (
        columns.one_of("status", tuple(CART_MOVES)),
        CheckConstraint("(account_id IS NULL) <> (guest_hash IS NULL)", name="one_owner"),
        CheckConstraint("status <> 'ordered' OR account_id IS NOT NULL", name="no_guest_orders"),
        columns.some("uq_cart_open_of_account", "status = 'open'", "account_id", unique=True),
        columns.some("uq_cart_open_of_guest", "status = 'open'", "guest_hash", unique=True),
        columns.some("ix_cart_of_guests", "guest_hash IS NOT NULL", "updated_at"),
    )

    account_id: Mapped[int | None] = columns.link("account.id", index=False)
    guest_hash: Mapped[str | None] = mapped_column(String(64))
    status: Mapped[str] = columns.status(default="open")
    version: Mapped[int] = mapped_column(default=1)
    kept_since: Mapped[datetime | None] = columns.moment()
    updated_at: Mapped[datetime] = columns.created()


class CartLine(Model):
    """A wish for some of a product, with the price that was shown."""

    __tablename__ = "cart_line"
    __table_args__ = (
        UniqueConstraint("cart_id", "product_id"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
    )

    cart_id: Mapped[int] = columns.link("cart.id", index=False)
    product_id: Mapped[int] = columns.link("product.id")
    quantity: Mapped[int]
    price_seen_minor: Mapped[int]
    note: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = columns.created()
