"""The verbs of incidents: opened and closed by checks, closed by the admin with a note."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select, update

from kirana.accounts.permissions import Permission
from kirana.jobs.services import start_job
from kirana.jobs.shapes import JobKey, NewJob
from kirana.oversight import queries
from kirana.oversight.models import Incident, IncidentEvent
from kirana.oversight.queries import CHECK
from kirana.oversight.states import INCIDENT_MOVES
from kirana.platform import audit, clock, columns
from kirana.platform.access import SYSTEM, Actor
from kirana.platform.db import verb
from kirana.platform.inserts import insert_unless_taken
from kirana.platform.outbox import enqueue
from kirana.platform.rows import existing_row
from kirana.platform.states import require_move
from kirana.platform.texts import one_line
from kirana.platform.wake import wake_after_commit

RUN = "check.run"
LONGEST_NOTE = 500
CLEAN = "A later check found nothing."


class Broken(msgspec.Struct, frozen=True):
    """A rule that does not hold: how many rows break it, and the first of them."""

    statement: int
    rule: str
    count: int
    rows: list[dict[str, Any]]


@verb
def request_check(connection: Connection, actor: Actor) -> JobKey:
    """Have the books checked now by a worker; the caller's running check is returned.

    Raises Forbidden.
    """
    actor.require(Permission.WRITE_INCIDENTS)
    job = start_job(actor, NewJob(CHECK))
    if job.is_new:
        audit.record(connection, actor, "check.requested", ("job", job.uid))
    wake_after_commit(RUN, job.id)
    return job


@verb
def resolve_incident(connection: Connection, actor: Actor, uid: str, note: str) -> None:
    """Close an incident with a note. If the rule is broken still, the next check opens another.

    Locks the incident. Raises Forbidden, NotFound, Invalid, IllegalMove.
    """
    actor.require(Permission.WRITE_INCIDENTS)
    note = one_line(note, "/note", LONGEST_NOTE)
    find = select(Incident.__table__).where(Incident.uid == uid).with_for_update()
    row = existing_row(connection, find)
    _resolve(connection, actor, row, note)


@verb
def record_findings(connection: Connection, found: Sequence[Broken], begun_at: datetime) -> None:
    """What a check found: incidents are opened, seen again, or resolved where the rule holds.

    ``begun_at`` is when the check began: what was seen later is left alone. Locks the open
    incidents. Each active admin is owed one mail about the new ones.
    """
    find = select(Incident.__table__).where(Incident.status == "open").order_by(Incident.id)
    known = {row.rule: row for row in connection.execute(find.with_for_update())}
    new = [_open(connection, each) for each in found if each.rule not in known]
    for each in found:
        if each.rule in known:
            _see(connection, known.pop(each.rule).id, each)
    for row in known.values():
        if row.seen_at < begun_at:
            _resolve(connection, SYSTEM, row, CLEAN)
    _tell(connection, [key for key in new if key is not None])


def _open(connection: Connection, found: Broken) -> int | None:
    """None if another check was faster."""
    now, uid = clock.now(connection), columns.new_uid()
    key = insert_unless_taken(
        connection, Incident, uid=uid, statement=found.statement, rule=found.rule, status="open",
        rows_found=found.count, rows=msgspec.to_builtins(found.rows), found_at=now, seen_at=now,
        note="",
    )  # fmt: skip
    if key is not None:
        _write_event(connection, SYSTEM, key, (None, "open"))
        after = {"rule": found.rule, "rows": found.count}
        audit.record(connection, SYSTEM, "incident.opened", ("incident", uid), after=after)
    return key


def _see(connection: Connection, key: int, found: Broken) -> None:
    values = {
        "rows_found": found.count,
        "rows": msgspec.to_builtins(found.rows),
        "seen_at": clock.now(connection),
    }
    connection.execute(update(Incident).where(Incident.id == key).values(**values))


def _resolve(connection: Connection, actor: Actor, row: Any, note: str) -> None:
    """The one place where an incident's status changes. The row must be locked."""
    require_move(INCIDENT_MOVES, row.status, "resolved")
    values = {"status": "resolved", "resolved_at": clock.now(connection), "note": note}
    connection.execute(update(Incident).where(Incident.id == row.id).values(**values))
    _write_event(connection, actor, row.id, (row.status, "resolved"))
    after = {"rule": row.rule}
    audit.record(connection, actor, "incident.resolved", ("incident", row.uid), after=after)


def _write_event(
    connection: Connection, actor: Actor, key: int, step: tuple[str | None, str]
) -> None:
    connection.execute(
        insert(IncidentEvent).values(
            incident_id=key, from_status=step[0], to_status=step[1], actor_id=actor.account_id,
            at=clock.now(connection),
        )
    )  # fmt: skip


def _tell(connection: Connection, new: Sequence[int]) -> None:
    if not new:
        return
    about = {"first_id": min(new), "last_id": max(new)}
    for account_id in queries.list_admins():
        key = f"incidents:{about['first_id']}:{account_id}"
        enqueue(connection, "incidents", key, account_id=account_id, **about)
