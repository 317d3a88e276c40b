"""Carrying out the outbox: claim a row, build its mail, send it, tick it off.

Three commits for each mail: the claim (a lease, and a higher ``attempt`` by which every later
write is fenced), ``sending`` before the first word to the mail server, and the outcome. A row that
was left in ``sending`` by a crash is uncertain: it is tried once more with the same Message-ID.
"""

import logging
import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, or_, select, update

from kirana.mailing.mail import (
    BadMessage,
    Mailer,
    Message,
    PermanentFailure,
    TemporaryFailure,
    Uncertain,
)
from kirana.platform import clock
from kirana.platform.db import verb
from kirana.platform.outbox import OUTBOX_MOVES, SETTLED, Outbox
from kirana.platform.states import require_move

logger = logging.getLogger("kirana.mail")

Build = Callable[[dict[str, Any]], Message | None]

LEASE = timedelta(minutes=3)  # longer than the eleven answers an SMTP dialogue can wait for
GIVE_UP_AFTER = timedelta(hours=48)
FIRST_PAUSE_SECONDS = 30.0
LONGEST_PAUSE_SECONDS = 4 * 3600.0
PAUSE_AFTER_DOUBT = timedelta(minutes=5)
MOST_DOUBTS = 2
# In the words of the index for what waits, and written out: else neither database would take it,
# and for each mail all that wait were sorted.
_IS_WAITING = Outbox.state.not_in(
    bindparam("settled", SETTLED, expanding=True, literal_execute=True)
)

_handlers: dict[str, Build] = {}
_mailer: list[Mailer] = []


@dataclass(frozen=True, slots=True)
class Claim:
    """A row that this process holds the lease of."""

    id: int
    kind: str
    payload: dict[str, Any]
    state: str
    attempt: int
    doubts: int
    message_id: str
    created_at: datetime


def handler(kind: str, build: Build) -> None:
    """Say how the mail of ``kind`` is built from its payload; None means no mail is due any more.

    ``build`` runs outside any transaction and reads what is true at the time of sending.
    """
    _handlers[kind] = build


def use_mailer(mailer: Mailer) -> None:
    """Send through ``mailer``."""
    _mailer[:] = [mailer]


def deliver(row_id: int) -> str | None:
    """Carry out one row if it is due; its state afterwards, None when it was not ours to take."""
    claim = _claim(row_id)
    return _carry_out(claim) if claim else None


def deliver_each(row_ids: Iterable[int], seconds: float = 240.0) -> None:
    """``deliver`` for a while; one that fails keeps no other back. The sweep takes what is left."""
    ends = time.monotonic() + seconds
    for row_id in row_ids:
        if time.monotonic() > ends:
            return
        try:
            deliver(row_id)
        except Exception:
            logger.exception("mail %s is left to the sweep", row_id)


def deliver_due(limit: int = 500, seconds: float = 240.0) -> int:
    """Carry out what is due, oldest first, for a while; how many rows were taken.

    Any number of these may run at once: each row has one taker.
    """
    ends = time.monotonic() + seconds
    _doubt_the_abandoned()
    for taken in range(limit):
        claim = _claim(None) if time.monotonic() < ends else None
        if claim is None:
            return taken
        _carry_out(claim)
    return limit


def _carry_out(claim: Claim) -> str | None:
    try:
        build = _handlers.get(claim.kind)
        if build is None:
            return _later(claim, f"no handler for {claim.kind}")
        message = build(claim.payload)
    except BadMessage as error:
        return _settle(claim, "dead", last_error=str(error))
    except Exception as error:  # one row that cannot be built must not stop the others
        logger.exception("outbox row %s (%s) could not be built", claim.id, claim.kind)
        return _later(claim, f"{type(error).__name__} while building")
    if message is None:
        return _settle(claim, "dead", last_error="no longer wanted")
    return _send(claim, message)


def _send(claim: Claim, message: Message) -> str | None:
    sending = _begin_sending(claim)
    if sending is None:
        return None
    try:
        _mailer[0].send(message, sending.message_id)
    except PermanentFailure as error:
        return _settle(sending, "dead", last_error=str(error))
    except TemporaryFailure as error:
        return _later(sending, str(error))
    except Uncertain as error:
        return _settle_doubt(sending, str(error))
    return _settle(sending, "sent", last_error=None)


def _is_due(now: datetime) -> ColumnElement[bool]:
    free = or_(Outbox.lease_until.is_(None), Outbox.lease_until <= now)
    hopeful = or_(Outbox.state != "uncertain", Outbox.doubts < MOST_DOUBTS)
    return and_(_IS_WAITING, Outbox.next_at <= now, free, hopeful)


@verb
def _claim(connection: Connection, row_id: int | None) -> Claim | None:
    """Take the lease of ``row_id``, or of the oldest due row. Locks that row, skipping locked."""
    now = clock.now(connection)
    wanted = _is_due(now) if row_id is None else and_(Outbox.id == row_id, _is_due(now))
    find = select(Outbox.__table__).where(wanted).order_by(Outbox.next_at, Outbox.id).limit(1)
    row = connection.execute(find.with_for_update(skip_locked=True)).one_or_none()
    if row is None:
        return None
    claim = Claim(
        row.id, row.kind, row.payload, row.state, row.attempt + 1, row.doubts,
        row.message_id or _mailer[0].new_message_id(), row.created_at,
    )  # fmt: skip
    taken = connection.execute(
        update(Outbox)
        .where(Outbox.id == row.id, Outbox.attempt == row.attempt, _is_due(now))
        .values(attempt=claim.attempt, lease_until=now + LEASE, message_id=claim.message_id)
    )
    return claim if taken.rowcount == 1 else None


@verb
def _begin_sending(connection: Connection, claim: Claim) -> Claim | None:
    if not _move(connection, claim, "sending", lease_until=clock.now(connection) + LEASE):
        return None
    return Claim(
        claim.id, claim.kind, claim.payload, "sending", claim.attempt, claim.doubts,
        claim.message_id, claim.created_at,
    )  # fmt: skip


@verb
def _settle(connection: Connection, claim: Claim, state: str, last_error: str | None) -> str | None:
    """The end of a row. None if another worker has taken it over meanwhile."""
    if last_error:
        logger.warning("outbox row %s (%s) is %s: %s", claim.id, claim.kind, state, last_error)
    sent_at = clock.now(connection) if state == "sent" else None
    changes = {"last_error": last_error, "sent_at": sent_at, "lease_until": None}
    return state if _move(connection, claim, state, **changes) else None


@verb
def _settle_doubt(connection: Connection, claim: Claim, reason: str) -> str | None:
    logger.warning("outbox row %s (%s) is uncertain: %s", claim.id, claim.kind, reason)
    next_at = clock.now(connection) + PAUSE_AFTER_DOUBT
    changes = {"doubts": claim.doubts + 1, "next_at": next_at, "lease_until": None}
    is_mine = _move(connection, claim, "uncertain", last_error=reason, **changes)
    return "uncertain" if is_mine else None


@verb
def _later(connection: Connection, claim: Claim, reason: str) -> str | None:
    """Try again after a pause that doubles, with jitter; dead 48 hours after the beginning."""
    now = clock.now(connection)
    if now - claim.created_at >= GIVE_UP_AFTER:
        return _settle(claim, "dead", f"gave up: {reason}")
    pause = min(FIRST_PAUSE_SECONDS * 2 ** min(claim.attempt - 1, 20), LONGEST_PAUSE_SECONDS)
    next_at = now + timedelta(seconds=pause * random.uniform(0.5, 1.0))  # noqa: S311 - jitter
    state = "retrying" if claim.state in ("due", "sending") else claim.state
    changes = {"next_at": next_at, "last_error": reason, "lease_until": None}
    return state if _move(connection, claim, state, **changes) else None


@verb
def _doubt_the_abandoned(connection: Connection) -> None:
    """Rows left in ``sending`` past their lease: whether the mail went out, nobody knows."""
    now = clock.now(connection)
    connection.execute(
        update(Outbox)
        .where(Outbox.state == "sending", Outbox.lease_until <= now)
        .values(
            state="uncertain", doubts=Outbox.doubts + 1, attempt=Outbox.attempt + 1,
            next_at=now, lease_until=None, last_error="the worker was lost while sending",
        )
    )  # fmt: skip


def _move(connection: Connection, claim: Claim, state: str, **changes: Any) -> bool:
    """The one place where a row changes state: by the table of moves, fenced by ``attempt``."""
    if state != claim.state:
        require_move(OUTBOX_MOVES, claim.state, state)
    mine = and_(Outbox.id == claim.id, Outbox.attempt == claim.attempt, Outbox.state == claim.state)
    moved = connection.execute(update(Outbox).where(mine).values(state=state, **changes))
    return moved.rowcount == 1
