"""Stock levels and the insert-only ledger of their movements."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kirana.platform import columns
from kirana.platform.db import Model

MOVEMENT_KINDS = ("received", "sold", "returned", "adjusted", "wasted", "transferred")


class StockLevel(Model):
    """How much of a product is there, in steps of its unit. Changed only through movements."""

    __tablename__ = "stock_level"
    __table_args__ = (CheckConstraint("0 <= reserved AND reserved <= on_hand", name="covered"),)

    product_id: Mapped[int] = columns.link("product.id", index=False, primary_key=True)
    on_hand: Mapped[int] = mapped_column(default=0)
    reserved: Mapped[int] = mapped_column(default=0)
    low_at: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)


class StockMovement(Model):
    """One change of a level. A sale and its return are unique per order line."""

    __tablename__ = "stock_movement"
    __table_args__ = (
        columns.one_of("kind", MOVEMENT_KINDS),
        UniqueConstraint("order_line_id", "kind"),
        CheckConstraint("delta <> 0", name="moves_something"),
        CheckConstraint("balance_after >= 0", name="never_below_zero"),
        CheckConstraint("kind NOT IN ('sold', 'wasted') OR delta < 0", name="takes"),
        CheckConstraint("kind NOT IN ('received', 'returned') OR delta > 0", name="gives"),
        CheckConstraint("kind <> 'sold' OR order_line_id IS NOT NULL", name="sold_by_a_line"),
        Index("ix_stock_movement_story", "product_id", "id"),
    )

    id: Mapped[int] = columns.key()
    product_id: Mapped[int] = columns.link("product.id", index=False)
    kind: Mapped[str] = mapped_column(String(12))
    delta: Mapped[int]
    balance_after: Mapped[int]
    order_line_id: Mapped[int | None] = columns.link("order_line.id", index=False)
    reason: Mapped[str] = mapped_column(String(200), default="")
    actor_id: Mapped[int | None] = columns.link("account.id", index=False)
    at: Mapped[datetime] = columns.created()
