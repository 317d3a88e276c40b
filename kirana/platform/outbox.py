"""What must happen because of a change: rows written with it, carried out by a worker.

``enqueue`` inside the transaction; a nudge after commit; a sweep for whatever the nudge lost.
Delivery lives in ``mailing/delivery.py``.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Index, String, Text, text, update
from sqlalchemy.orm import Mapped, mapped_column

from kirana.platform import clock, columns
from kirana.platform.inserts import insert_new
from kirana.platform.states import Moves
from kirana.platform.tables import Json, Model
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


WAITING = ("due", "retrying", "uncertain")
SETTLED = ("sending", "sent", "dead")
_WAITS = text("state NOT IN ('sending', 'sent', 'dead')")


class Outbox(Model):
    """One effect to carry out. ``attempt`` fences: a worker that lost its lease cannot write.

    ``doubts`` counts the lost answers: after the first the mail is tried once more with the same
    ``message_id``, after the second the row stays ``uncertain`` for the admin to see.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        columns.one_of("state", tuple(OUTBOX_MOVES)),
        Index("ix_outbox_state", "state", "id"),
        # What waits is little beside what was sent, and is taken in this order.
        Index("ix_outbox_waiting", "next_at", "id", sqlite_where=_WAITS, postgresql_where=_WAITS),
    )

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
    return enqueue_all(connection, kind, {dedupe_key: payload}) == 1


def enqueue_all(
    connection: Connection, kind: str, payloads: Mapping[str, Mapping[str, Any]]
) -> int:
    """``enqueue`` for several, by dedupe key, in one statement; how many were new."""
    now = clock.now(connection)
    row = {"kind": kind, "state": "due", "attempt": 0, "doubts": 0, "next_at": now}
    rows = [
        {**row, "dedupe_key": key, "payload": payload, "created_at": now}
        for key, payload in payloads.items()
    ]
    made = insert_new(connection, Outbox, rows, Outbox.id)
    for found in made:
        wake_after_commit(DELIVER, found.id)
    return len(made)


def cancel_about(connection: Connection, name: str, ids: Any) -> None:
    """End the mails that wait and whose payload names one of ``ids`` (or a SELECT) as ``name``."""
    waiting = Outbox.state.in_(WAITING)
    about = Outbox.payload[name].as_integer().in_(ids)
    ending = update(Outbox).where(waiting, about)
    connection.execute(ending.values(state="dead", last_error="the account was erased"))
