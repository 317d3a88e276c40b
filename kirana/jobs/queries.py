"""Reading jobs: each person their own."""

from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, and_, or_, select

from kirana.accounts.permissions import Permission
from kirana.jobs.models import Job
from kirana.jobs.shapes import JobState, JobView
from kirana.jobs.states import JOB_MOVES
from kirana.platform import clock
from kirana.platform.access import Actor
from kirana.platform.db import query
from kirana.platform.paging import Page, PageQuery
from kirana.platform.rows import existing_row, newest_page

RUNNING = ("queued", "running")

# Where what a kind of job made is fetched; upper slices add theirs.
_files: dict[str, str] = {}

_SHOWN = (
    Job.id, Job.uid, Job.kind, Job.status, Job.rows_done, Job.rows_total, Job.error,
    Job.created_at, Job.started_at, Job.finished_at,
)  # fmt: skip


def offer_file(kind: str, address: str) -> None:
    """Show ``address`` (with ``{uid}`` in it) as the file of finished jobs of this kind."""
    _files[kind] = address


@query
def list_jobs(connection: Connection, actor: Actor, wanted: PageQuery) -> Page[JobView]:
    """The caller's jobs, newest first. Raises Unauthorized, Forbidden, Invalid (cursor)."""
    actor.require(Permission.READ_OWN_JOBS)
    find = select(*_SHOWN).where(Job.requester_id == actor.me())
    now = clock.now(connection)
    return newest_page(connection, find, Job.id, wanted, lambda row: _view(row, now))


@query
def get_job(connection: Connection, actor: Actor, uid: str) -> JobView:
    """One of the caller's jobs. Raises NotFound for others'."""
    actor.require(Permission.READ_OWN_JOBS)
    find = select(*_SHOWN).where(Job.uid == uid, Job.requester_id == actor.me())
    return _view(existing_row(connection, find), clock.now(connection))


@query
def due_jobs(connection: Connection, kind: str) -> list[int]:
    """Jobs of ``kind`` that nobody works on: queued, or left by a worker whose lease ended."""
    now = clock.now(connection)
    free = or_(Job.lease_until.is_(None), Job.lease_until <= now)
    find = select(Job.id).where(and_(Job.kind == kind, Job.status.in_(RUNNING), free))
    return list(connection.execute(find.order_by(Job.id)).scalars())


def _view(row: Any, now: datetime) -> JobView:
    is_done = row.status == "done"
    address = _files.get(row.kind)
    return JobView(
        uid=row.uid, kind=row.kind, state=cast(JobState, row.status),
        percent=100 if is_done else percent(row.rows_done, row.rows_total),
        rows_done=row.rows_done, rows_total=row.rows_total, seconds_left=_seconds_left(row, now),
        error=row.error, file=address.format(uid=row.uid) if address and is_done else None,
        can_cancel="cancelled" in JOB_MOVES[row.status], created_at=row.created_at,
        started_at=row.started_at, finished_at=row.finished_at,
    )  # fmt: skip


def percent(done: int, total: int | None) -> int:
    """Whole percent, 100 only by the end of the work itself."""
    return min(done * 100 // total, 99) if total else 0


def _seconds_left(row: Any, now: datetime) -> int | None:
    """By the speed so far; None while that cannot be told."""
    if row.status != "running" or not row.rows_done or not row.rows_total or not row.started_at:
        return None
    spent: float = max((now - row.started_at).total_seconds(), 0.0)
    left: int = max(row.rows_total - row.rows_done, 0)
    return round(spent * left / int(row.rows_done))


@query
def list_files(connection: Connection) -> frozenset[str]:
    """The names of all files that a job has, whole or in the making."""
    find = select(Job.file).where(Job.status.in_(("queued", "running", "done")))
    return frozenset(name for name in connection.execute(find).scalars() if name)
