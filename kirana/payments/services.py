"""Taking money: each thing that happens is an event, and the status follows the events."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select, update

from kirana.payments.models import Payment, PaymentEvent
from kirana.payments.states import status_after
from kirana.platform import clock
from kirana.platform.access import Actor
from kirana.platform.amounts import Money
from kirana.platform.db import verb
from kirana.platform.inserts import insert_rows
from kirana.platform.rows import existing_row


class Due(msgspec.Struct, frozen=True):
    """What is to be paid for one order."""

    order_id: int
    amount: Money
    method: str


@verb
def open_payments(connection: Connection, dues: Sequence[Due]) -> None:
    """Write down what is due, one payment for each order."""
    now = clock.now(connection)
    rows = [
        {
            "order_id": due.order_id,
            "method": due.method,
            "status": "due",
            "amount_minor": due.amount.amount,
            "currency": due.amount.currency,
            "created_at": now,
        }
        for due in dues
    ]
    insert_rows(connection, Payment, rows)


@verb
def capture(connection: Connection, actor: Actor, order_id: int) -> None:
    """The whole amount was taken. Locks the payment. Raises IllegalMove when it was before."""
    payment = _lock(connection, order_id)
    _record(connection, actor, payment, "captured", payment.amount_minor)
    connection.execute(
        update(Payment).where(Payment.id == payment.id).values(captured_minor=payment.amount_minor)
    )


@verb
def void(connection: Connection, actor: Actor, order_id: int) -> None:
    """Nothing will be taken any more. Locks the payment. Raises IllegalMove once money was."""
    payment = _lock(connection, order_id)
    _record(connection, actor, payment, "voided", 0)


def _lock(connection: Connection, order_id: int) -> Any:
    wanted = select(Payment.id, Payment.uid, Payment.amount_minor)
    return existing_row(connection, wanted.where(Payment.order_id == order_id).with_for_update())


def _record(
    connection: Connection, actor: Actor, payment: Any, kind: str, amount_minor: int
) -> None:
    """Add an event; its key is unique, so that the same thing cannot happen twice."""
    story = select(PaymentEvent.kind).where(PaymentEvent.payment_id == payment.id)
    before = connection.execute(story.order_by(PaymentEvent.id)).scalars().all()
    status = status_after([*before, kind])
    connection.execute(
        insert(PaymentEvent).values(
            event_key=f"{kind}:{payment.uid}", payment_id=payment.id, kind=kind,
            amount_minor=amount_minor, actor_id=actor.account_id, at=clock.now(connection),
        )
    )  # fmt: skip
    connection.execute(update(Payment).where(Payment.id == payment.id).values(status=status))
