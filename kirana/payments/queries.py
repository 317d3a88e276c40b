"""Reading payments."""

from datetime import datetime
from typing import Literal

import msgspec
from sqlalchemy import Connection, select

from kirana.payments.models import Payment, PaymentEvent
from kirana.platform.amounts import Money
from kirana.platform.db import query
from kirana.platform.rows import existing_row

PaymentStatus = Literal["due", "authorised", "captured", "refunded", "failed", "voided"]


class PaymentStep(msgspec.Struct, frozen=True):
    """One thing that happened to a payment."""

    kind: str
    amount: Money
    at: datetime


class PaymentView(msgspec.Struct, frozen=True):
    """What is owed for an order, what was taken and what given back."""

    uid: str
    method: Literal["cash"]
    status: PaymentStatus
    amount: Money
    captured: Money
    refunded: Money
    events: list[PaymentStep]


@query
def get_payment(connection: Connection, order_id: int) -> PaymentView:
    """The payment of an order, which the caller has found through the actor. Raises NotFound."""
    wanted = select(Payment.__table__).where(Payment.order_id == order_id)
    row = existing_row(connection, wanted)
    events = connection.execute(
        select(PaymentEvent.kind, PaymentEvent.amount_minor, PaymentEvent.at)
        .where(PaymentEvent.payment_id == row.id)
        .order_by(PaymentEvent.id)
    )
    return PaymentView(
        uid=row.uid,
        method=row.method,
        status=row.status,
        amount=Money(row.amount_minor, row.currency),
        captured=Money(row.captured_minor, row.currency),
        refunded=Money(row.refunded_minor, row.currency),
        events=[PaymentStep(e.kind, Money(e.amount_minor, row.currency), e.at) for e in events],
    )
