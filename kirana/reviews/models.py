"""Reviews, their history, and what people have against them."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kirana.platform import columns
from kirana.platform.tables import Model
from kirana.reviews.states import REVIEW_MOVES

COMPLAINTS = ("offensive", "private", "untrue", "advertising")


class Review(Model):
    """One per customer and product. ``author`` is the first name of when it was written.

    ``reason`` says why it was refused or hidden; ``answer`` is the shop's, given once.
    """

    __tablename__ = "review"
    __table_args__ = (
        UniqueConstraint("account_id", "product_id"),
        columns.one_of("status", tuple(REVIEW_MOVES)),
        CheckConstraint("stars >= 1 AND stars <= 5", name="one_to_five"),
        CheckConstraint("(answer = '') = (answered_at IS NULL)", name="answered_once"),
        Index("ix_review_of_product", "product_id", "status", "id"),
        Index("ix_review_by_status", "status", "id"),
    )

    uid: Mapped[str] = columns.uid()
    account_id: Mapped[int] = columns.link("account.id", index=False)
    product_id: Mapped[int] = columns.link("product.id", index=False)
    author: Mapped[str] = mapped_column(String(40))
    stars: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = columns.status(default="waiting")
    reason: Mapped[str] = mapped_column(String(500), default="")
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_at: Mapped[datetime | None] = columns.moment()
    version: Mapped[int] = mapped_column(default=1)
    written_at: Mapped[datetime] = columns.created()


class ReviewEvent(columns.Move):
    """One move of a review's status."""

    __tablename__ = "review_event"

    review_id: Mapped[int] = columns.link("review.id")
    actor_id: Mapped[int | None] = columns.link("account.id")


class ReviewReport(Model):
    """Somebody thinks that a review should not be shown; open until an admin has looked."""

    __tablename__ = "review_report"
    __table_args__ = (
        UniqueConstraint("review_id", "account_id"),
        columns.one_of("complaint", COMPLAINTS),
    )

    review_id: Mapped[int] = columns.link("review.id", index=False)
    account_id: Mapped[int] = columns.link("account.id")
    complaint: Mapped[str] = mapped_column(String(20))
    handled_at: Mapped[datetime | None] = columns.moment()
    created_at: Mapped[datetime] = columns.created()
