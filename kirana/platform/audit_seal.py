"""Seals over the audit log: a chain of keyed hashes in which a change made afterwards shows.

A seal covers the rows that came since the one before. ``marks`` holds an HMAC for each of them, so
that the row which was altered, deleted or inserted can be named; ``hash`` is an HMAC over the marks
and the hash before. The key never lies in the database: who can only write there can neither make
a seal nor mend one. What that does not prove is said in docs/decisions/0010.
"""

import hashlib
import hmac
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Connection, String, Text, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Mapped, mapped_column

from kirana.platform import clock, columns
from kirana.platform.audit import AuditEvent
from kirana.platform.config import Settings
from kirana.platform.db import query, verb
from kirana.platform.inserts import insert_ignoring
from kirana.platform.tables import Id, Model

logger = logging.getLogger("kirana.audit")
PAGE = 500
LOCK_NOT_AVAILABLE = "55P03"
# What a mark covers. A column that is added later is not covered by the seals made before it.
SEALED = (
    "id", "actor_id", "role", "session_id", "key_uid", "network", "request_id", "action",
    "object_kind", "object_key", "before", "after",
)  # fmt: skip
_BEGINNING = ""


class AuditSeal(Model):
    """One link of the chain. ``id`` counts from 1 without a gap, so that nobody forks the chain."""

    __tablename__ = "audit_seal"
    __table_args__ = (
        CheckConstraint("0 < first_id AND first_id <= last_id", name="in_order"),
        CheckConstraint("entries > 0", name="seals_something"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    first_id: Mapped[int]
    last_id: Mapped[int]
    entries: Mapped[int]
    marks: Mapped[str] = mapped_column(Text)
    hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = columns.created()


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing that is not as it was sealed; ``row`` is an id of the audit log."""

    seal: int
    row: int | None
    what: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was proven: ``rows`` under ``seals``, the newest hash, and the rows not sealed yet."""

    seals: int
    rows: int
    newest_hash: str
    fault: Fault | None
    unsealed: int
    unsealed_since: datetime | None


def seal_key(settings: Settings) -> bytes:
    """The key of all seals; it outlives a change of ``KIRANA_SECRET`` by ``KIRANA_AUDIT_SECRET``"""
    secret = (settings.audit_secret or settings.secret).encode()
    return hmac.new(secret, b"kirana audit seal", hashlib.sha256).digest()


def seal(key: bytes) -> int:
    """Seal all rows whose transactions have ended, in pages; how many. Any number may run at once.

    Ids are given before the commit, so that on PostgreSQL a row can come after one with a higher
    id. The end of what is sealed is therefore read under a lock which every insert into the log
    holds until it is committed: below it nothing can come any more. Where that lock was not had,
    nothing is sealed, and the next minute makes up for it.
    """
    try:
        until = _settled_id()
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE:
            raise
        logger.warning("the audit log was never quiet; it is sealed next time")
        return 0
    sealed = 0
    while count := _seal_page(key, until):
        sealed += count
    return sealed


@verb
def _settled_id(connection: Connection) -> int:
    """The newest id, read while no transaction holds an id that it may still commit.

    Locks the table against inserts for the time of one SELECT. It waits 200 ms at most (new
    inserts queue behind it), and raises DBAPIError when it never found the log quiet.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL lock_timeout = '200ms'"))
        connection.execute(text("LOCK TABLE audit_event IN SHARE MODE"))
    return connection.execute(select(func.coalesce(func.max(AuditEvent.id), 0))).scalar_one()


@verb
def _seal_page(connection: Connection, key: bytes, until: int) -> int:
    """The next link; 0 at the end of the log, or if another sealer was faster."""
    newest = connection.execute(
        select(AuditSeal.id, AuditSeal.last_id, AuditSeal.hash)
        .order_by(AuditSeal.id.desc())
        .limit(1)
    ).one_or_none()
    number, after, before = newest or (0, 0, _BEGINNING)
    rows = _rows(connection, after, until, PAGE)
    if not rows:
        return 0
    marks = json.dumps({str(row.id): _mark(key, row) for row in rows})
    span = rows[0].id, rows[-1].id
    is_mine = insert_ignoring(
        connection, AuditSeal, id=number + 1, first_id=span[0], last_id=span[1],
        entries=len(rows), marks=marks, hash=_link(key, before, span, marks),
        at=clock.now(connection),
    )  # fmt: skip
    return len(rows) if is_mine else 0


@query
def verify(connection: Connection, key: bytes) -> Verdict:
    """Walk the chain from its beginning to the first fault. Holds one seal's rows at a time."""
    count = rows = after = 0
    newest, fault = _BEGINNING, None
    for found in _seals(connection):
        fault = _fault_of(connection, key, found, (count, after, newest))
        if fault is not None:
            break
        count, rows, after, newest = count + 1, rows + found.entries, found.last_id, found.hash
    tail = select(func.count(), func.min(AuditEvent.at)).where(AuditEvent.id > after)
    unsealed = (0, None) if fault else connection.execute(tail).one()
    return Verdict(count, rows, newest, fault, *unsealed)


def _fault_of(
    connection: Connection, key: bytes, found: Any, last: tuple[int, int, str]
) -> Fault | None:
    """What is wrong with a seal or below it; ``last`` is number, last id and hash before it."""
    number, after, before = last
    if found.id != number + 1:
        return Fault(number + 1, None, "the seal was deleted")
    span = found.first_id, found.last_id
    if found.hash != _link(key, before, span, found.marks) or found.first_id <= after:
        what = "the seal was altered, or made with another key"
        return Fault(found.id, None, what)
    marks = {int(row_id): mark for row_id, mark in json.loads(found.marks).items()}
    there = _rows(connection, after, found.last_id, 2 * PAGE)
    for row in there:
        expected = next(iter(marks), None)
        if expected is None or row.id < expected:
            return Fault(found.id, row.id, "inserted")
        if row.id > expected:
            return Fault(found.id, expected, "deleted")
        if marks.pop(row.id) != _mark(key, row):
            return Fault(found.id, row.id, "altered")
    return Fault(found.id, next(iter(marks)), "deleted") if marks else None


def _seals(connection: Connection) -> Iterator[Any]:
    after = 0
    find = select(AuditSeal.__table__).order_by(AuditSeal.id).limit(1)
    while (found := connection.execute(find.where(AuditSeal.id > after)).one_or_none()) is not None:
        after = found.id
        yield found


def _rows(connection: Connection, after: int, until: int, most: int) -> list[Any]:
    between = (AuditEvent.id > after, AuditEvent.id <= until)
    find = select(AuditEvent.__table__).where(*between).order_by(AuditEvent.id).limit(most)
    return list(connection.execute(find))


def canonical(row: Any) -> bytes:
    """A row as the same bytes on every database: JSON by sorted names, the moment to the µs."""
    at = row.at.astimezone(UTC).isoformat(timespec="microseconds")
    fields = {name: getattr(row, name) for name in SEALED} | {"at": at}
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()


def _mark(key: bytes, row: Any) -> str:
    return hmac.new(key, canonical(row), hashlib.sha256).hexdigest()[:32]


def _link(key: bytes, before: str, span: tuple[int, int], marks: str) -> str:
    said = json.dumps([before, *span, marks]).encode()
    return hmac.new(key, said, hashlib.sha256).hexdigest()
