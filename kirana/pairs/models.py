"""Pairs of products, and how many different customers bought them together."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from kirana.platform import columns
from kirana.platform.tables import Model

# Fewer would show what single people buy.
FEWEST_CUSTOMERS = 5


class ProductPair(Model):
    """``other_id`` was in orders of ``product_id`` by so many customers. Nobody is named."""

    __tablename__ = "product_pair"
    __table_args__ = (
        UniqueConstraint("product_id", "other_id"),
        CheckConstraint("product_id <> other_id", name="of_two"),
        CheckConstraint(f"customers >= {FEWEST_CUSTOMERS}", name="shows_nobody"),
        Index("ix_product_pair_best", "product_id", "customers", "other_id"),
    )

    product_id: Mapped[int] = columns.link("product.id", index=False)
    other_id: Mapped[int] = columns.link("product.id")
    customers: Mapped[int]
    counted_at: Mapped[datetime] = columns.created()
