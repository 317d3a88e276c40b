"""Payments of an order and the insert-only ledger of their events."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from kirana.payments.states import PAYMENT_MOVES
from kirana.platform import columns
from kirana.platform.tables import Model

METHODS = ("cash",)
EVENT_KINDS = ("authorised", "captured", "refunded", "failed", "voided")


class Payment(columns.Public):
    """What is owed for one order and by which method it is paid. The status follows its events."""

    __tablename__ = "payment"
    __table_args__ = (
        columns.one_of("method", METHODS),
        columns.one_of("status", tuple(PAYMENT_MOVES)),
        CheckConstraint("amount_minor >= 0", name="amount_not_negative"),
        CheckConstraint(
            "0 <= refunded_minor AND refunded_minor <= captured_minor", name="refund_covered"
        ),
        CheckConstraint("captured_minor - refunded_minor <= amount_minor", name="never_above_due"),
    )

    order_id: Mapped[int] = columns.link("order.id", index=False, unique=True)
    method: Mapped[str] = mapped_column(String(12))
    status: Mapped[str] = columns.status(default="due")
    amount_minor: Mapped[int]
    captured_minor: Mapped[int] = mapped_column(default=0)
    refunded_minor: Mapped[int] = mapped_column(default=0)
    currency: Mapped[str] = mapped_column(String(3))


class PaymentEvent(Model):
    """One thing that happened to a payment."""

    __tablename__ = "payment_event"
    __table_args__ = (
        columns.one_of("kind", EVENT_KINDS),
        CheckConstraint("amount_minor >= 0", name="amount_not_negative"),
        Index("ix_payment_event_story", "payment_id", "id"),
    )

    event_key: Mapped[str] = mapped_column(String(120), unique=True)
    payment_id: Mapped[int] = columns.link("payment.id", index=False)
    kind: Mapped[str] = mapped_column(String(12))
    amount_minor: Mapped[int]
    actor_id: Mapped[int | None] = columns.link("account.id", index=False)
    at: Mapped[datetime] = columns.created()
