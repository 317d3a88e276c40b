"""What must happen because of a change: rows written with it, carried out by a worker.

``enqueue`` inside the transaction; a nudge after commit; a sweep for whatever the nudge lost.
Delivery lives in ``platform/delivery.py``.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Index, String, Text, update
from sqlalchemy.orm import Mapped, mapped_column

from kirana.platform import clock, columns
from kirana.platform.db import Json, Model, insert_unless_taken
from kirana.platform.states import Moves
from kirana.platform.wake import wake_after_commit

DELIVER = "mail.deliver"

OUTBOX_MOVES: Moves = {
    "due": ("sending", "retrying", "dead"),
    "sending": ("sent", "retrying", "dead", "uncertain"),
    "retrying": ("sending", "dead"),
    "uncertain": ("sending", "dead"),
    "sent": (),
    "dead": (),
}


class Outbox(Model):
    """One effect to carry out. ``attempt`` fences: a worker that lost its lease cannot write.

    ``doubts`` counts the lost answers: after the first the mail is tried once more with the same
    ``message_id``, after the second the row stays ``uncertain`` for the admin to see.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        columns.one_of("state", tuple(OUTBOX_MOVES)),
        Index("ix_outbox_due", "state", "next_at", "id"),
    )

    id: Mapped[int] = columns.key()
    kind: Mapped[str] = mapped_column(String(40))
    dedupe_key: Mapped[str] = mapped_column(String(160), unique=True)
    payload: Mapped[dict[str, Any]] = mapped_column(Json)
    state: Mapped[str] = mapped_column(String(12), default="due")
    attempt: Mapped[int] = mapped_column(default=0)
    doubts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime] = columns.created()
    lease_until: Mapped[datetime | None] = columns.moment()
    message_id: Mapped[str | None] = mapped_column(String(200))
    last_error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = columns.created()
    sent_at: Mapped[datetime | None] = columns.moment()


def enqueue(connection: Connection, kind: str, dedupe_key: str, **payload: Any) -> bool:
    """Write an outbox row in the running transaction; False if ``dedupe_key`` was there already.

    The payload holds ids only, so that what is sent is true at the time of sending.
    """
    now = clock.now(connection)
    row_id = insert_unless_taken(
        connection, Outbox, kind=kind, dedupe_key=dedupe_key, payload=payload,
        state="due", attempt=0, doubts=0, next_at=now, created_at=now,
    )  # fmt: skip
    if row_id is not None:
        wake_after_commit(DELIVER, row_id)
    return row_id is not None


def cancel_about(connection: Connection, name: str, ids: Any) -> None:
    """End the mails that wait and whose payload names one of ``ids`` (or a SELECT) as ``name``."""
    waiting = Outbox.state.in_(("due", "retrying", "uncertain"))
    about = Outbox.payload[name].as_integer().in_(ids)
    ending = update(Outbox).where(waiting, about)
    connection.execute(ending.values(state="dead", last_error="the account was erased"))
