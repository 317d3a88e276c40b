"""Stock levels, lots and holds, and the insert-only ledger of what moved."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from kirana.platform import columns
from kirana.platform.tables import Base, Model

MOVEMENT_KINDS = ("received", "sold", "returned", "adjusted", "wasted", "transferred")
LONGEST_REASON = 200
WASTE_CODES = ("expired", "spoilt", "damaged", "lost", "sample", "other")


class StockLevel(Base):
    """How much of a product is there, in steps of its unit. Changed only through movements."""

    __tablename__ = "stock_level"
    __table_args__ = (CheckConstraint("0 <= reserved AND reserved <= on_hand", name="covered"),)

    product_id: Mapped[int] = columns.link("product.id", index=False, primary_key=True)
    on_hand: Mapped[int] = mapped_column(default=0)
    reserved: Mapped[int] = mapped_column(default=0)
    low_at: Mapped[int] = mapped_column(default=0)
    tracks_lots: Mapped[bool] = mapped_column(default=False, server_default=false())
    version: Mapped[int] = mapped_column(default=1)


class StockMovement(Model):
    """One change of a level. A sale and its return are unique per order line.

    Its one cause: an order line (sold, returned), a transfer, or what a person did (all others).
    """

    __tablename__ = "stock_movement"
    __table_args__ = (
        columns.one_of("kind", MOVEMENT_KINDS),
        UniqueConstraint("order_line_id", "kind"),
        CheckConstraint("delta <> 0", name="moves_something"),
        CheckConstraint("balance_after >= 0", name="never_below_zero"),
        CheckConstraint("kind NOT IN ('sold', 'wasted') OR delta < 0", name="takes"),
        CheckConstraint("kind NOT IN ('received', 'returned') OR delta > 0", name="gives"),
        CheckConstraint("kind <> 'sold' OR order_line_id IS NOT NULL", name="sold_by_a_line"),
        CheckConstraint(
            "(kind = 'transferred') = (transfer_uid IS NOT NULL)", name="transferred_by_one"
        ),
        CheckConstraint(
            "reason_code IS NULL OR kind = 'wasted' AND reason_code IN "
            f"({', '.join(repr(code) for code in WASTE_CODES)})",
            name="reason_code_known",
        ),
        Index("ix_stock_movement_story", "product_id", "id"),
        Index("uq_stock_movement_transfer_uid", "transfer_uid", "product_id", unique=True),
    )

    product_id: Mapped[int] = columns.link("product.id", index=False)
    kind: Mapped[str] = mapped_column(String(12))
    delta: Mapped[int]
    balance_after: Mapped[int]
    order_line_id: Mapped[int | None] = columns.link("order_line.id", index=False)
    transfer_uid: Mapped[str | None] = mapped_column(String(40))
    reason_code: Mapped[str | None] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(LONGEST_REASON), default="")
    actor_id: Mapped[int | None] = columns.link("account.id", index=False)
    at: Mapped[datetime] = columns.created()


class Lot(Model):
    """Goods of one delivery of a product that tracks lots. Changed only through movements.

    ``sold_until`` is the midnight that ends the best-before day in the store's zone, None for
    goods that keep; from then on the lot is neither sold nor counted as available.
    """

    __tablename__ = "lot"
    __table_args__ = (
        CheckConstraint("on_hand >= 0", name="never_below_zero"),
        CheckConstraint("(best_before IS NULL) = (sold_until IS NULL)", name="dated_or_not"),
        UniqueConstraint("product_id", "code"),
        Index("ix_lot_first_out", "product_id", "sold_until", "id"),
        Index("ix_lot_sold_until", "sold_until"),
    )

    uid: Mapped[str] = columns.uid()
    product_id: Mapped[int] = columns.link("product.id", index=False)
    code: Mapped[str] = mapped_column(String(40))
    best_before: Mapped[date | None]
    sold_until: Mapped[datetime | None] = columns.moment()
    on_hand: Mapped[int]
    received_at: Mapped[datetime] = columns.created()


class LotMovement(Model):
    """A lot's part of a movement; the parts of a movement add up to its delta."""

    __tablename__ = "lot_movement"
    __table_args__ = (
        UniqueConstraint("movement_id", "lot_id"),
        CheckConstraint("delta <> 0", name="moves_something"),
        CheckConstraint("balance_after >= 0", name="never_below_zero"),
    )

    movement_id: Mapped[int] = columns.link("stock_movement.id", index=False)
    lot_id: Mapped[int] = columns.link("lot.id")
    delta: Mapped[int]
    balance_after: Mapped[int]


class Reservation(Model):
    """A hold: so much of a product is kept for a cart until ``expires_at``.

    The sum of a product's rows is its level's ``reserved``, lapsed ones included until a taker or
    the sweep releases them.
    """

    __tablename__ = "reservation"
    __table_args__ = (
        UniqueConstraint("product_id", "cart_id"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
    )

    product_id: Mapped[int] = columns.link("product.id", index=False)
    cart_id: Mapped[int] = columns.link("cart.id")
    quantity: Mapped[int]
    expires_at: Mapped[datetime] = columns.moment(index=True)
    created_at: Mapped[datetime] = columns.created()
