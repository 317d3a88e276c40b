"""The verbs of long work: asked for once, claimed with a lease, fenced by the attempt."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, insert, or_, select, update

from kirana.accounts.permissions import Permission
from kirana.jobs.errors import JobRunning
from kirana.jobs.models import Job, JobEvent
from kirana.jobs.queries import RUNNING
from kirana.jobs.shapes import ClaimedJob, JobKey, NewJob, Progress, Result
from kirana.jobs.states import JOB_MOVES
from kirana.platform import audit, clock
from kirana.platform.access import Actor
from kirana.platform.columns import new_uid
from kirana.platform.db import verb
from kirana.platform.inserts import insert_ignoring
from kirana.platform.purging import purge_rows
from kirana.platform.rows import existing_row
from kirana.platform.states import require_move

# Renewed with every page; long enough for a stalled disk, short enough to wait for.
LEASE = timedelta(seconds=30)
PAUSE_AFTER_TROUBLE = timedelta(seconds=20)
MOST_ATTEMPTS = 8
SAME_WITHIN = timedelta(minutes=1)
ENDED = ("done", "expired", "failed", "cancelled")


@verb
def start_job(connection: Connection, actor: Actor, wanted: NewJob) -> JobKey:
    """Ask for long work: a new job, or the one that is the same.

    The caller's running job of that kind and store is returned, and so is one with the same
    parameters from the last minute. Raises JobRunning when another one of that kind is running.
    """
    now, requester_id = clock.now(connection), actor.me()
    recent = _find_recent(connection, requester_id, wanted, now)
    if recent is not None:
        return recent
    uid = new_uid()
    is_new = insert_ignoring(
        connection, Job, uid=uid, kind=wanted.kind, requester_id=requester_id,
        store_id=wanted.store_id, params=wanted.params, status="queued", rows_done=0, cursor="",
        bytes=0, attempt=0, snapshot_at=now, created_at=now,
    )  # fmt: skip
    if not is_new:  # another request was faster
        recent = _find_recent(connection, requester_id, wanted, now)
        if recent is None:
            raise JobRunning
        return recent
    job_id: int = connection.execute(select(Job.id).where(Job.uid == uid)).scalar_one()
    _write_event(connection, job_id, (None, "queued"), "")
    return JobKey(job_id, uid, is_new=True)


@verb
def claim_job(connection: Connection, job_id: int) -> ClaimedJob | None:
    """Take the lease of a queued job, or of one whose worker was lost; None if it is not free.

    After eight attempts the job fails instead. Locks the job.
    """
    now = clock.now(connection)
    free = and_(
        Job.id == job_id,
        Job.status.in_(RUNNING),
        or_(Job.lease_until.is_(None), Job.lease_until <= now),
    )
    find = select(Job.__table__).where(free).with_for_update(skip_locked=True)
    row = connection.execute(find).one_or_none()
    if row is None:
        return None
    if row.attempt >= MOST_ATTEMPTS:
        _give_up(connection, row, now)
        return None
    changes = {"attempt": row.attempt + 1, "lease_until": now + LEASE}
    if row.status == "queued":
        changes["started_at"] = row.started_at or now
        _move(connection, row, "running", **changes)
    else:
        connection.execute(update(Job).where(Job.id == job_id).values(**changes))
    return ClaimedJob(
        id=row.id, uid=row.uid, kind=row.kind, requester_id=row.requester_id,
        store_id=row.store_id, attempt=row.attempt + 1, cursor=row.cursor, bytes=row.bytes,
        rows_done=row.rows_done, file=row.file, snapshot_at=row.snapshot_at,
    )  # fmt: skip


@verb
def report_progress(connection: Connection, job: ClaimedJob, progress: Progress) -> bool:
    """Store how far the job is certain and renew the lease; False if it is ours no more."""
    values = {
        "cursor": progress.cursor,
        "bytes": progress.bytes,
        "rows_done": progress.rows_done,
        "rows_total": progress.rows_total,
        "file": progress.file,
        "lease_until": clock.now(connection) + LEASE,
    }
    return connection.execute(update(Job).where(_mine(job)).values(**values)).rowcount == 1


@verb
def release_job(connection: Connection, job: ClaimedJob) -> None:
    """After trouble: let another attempt go on, a little later."""
    later = clock.now(connection) + PAUSE_AFTER_TROUBLE
    connection.execute(update(Job).where(_mine(job)).values(lease_until=later))


@verb
def finish_job(connection: Connection, job: ClaimedJob, result: Result) -> bool:
    """Done, with its file; False if the job is ours no more (cancelled, or taken over)."""
    row = _lock_mine(connection, job)
    if row is None:
        return False
    _move(
        connection, row, "done", file=result.file, sha256=result.sha256, bytes=result.bytes,
        rows_done=result.rows_done, rows_total=result.rows_done, lease_until=None,
        finished_at=clock.now(connection),
    )  # fmt: skip
    return True


@verb
def cancel_job(connection: Connection, actor: Actor, uid: str) -> None:
    """Stop one of the caller's jobs. Raises NotFound, IllegalMove (409) when it has ended."""
    actor.require(Permission.WRITE_OWN_JOBS)
    mine = (Job.uid == uid, Job.requester_id == actor.me())
    row = existing_row(connection, select(Job.__table__).where(*mine).with_for_update())
    _cancel(connection, row, "cancelled by its requester")
    audit.record(connection, actor, "job.cancelled", ("job", uid))


@verb
def cancel_jobs_of(
    connection: Connection, account_id: int, kind: str, reason: str, kept: Sequence[int] = ()
) -> int:
    """Stop a person's running jobs of ``kind`` but those of the stores ``kept``; how many."""
    theirs = and_(Job.requester_id == account_id, Job.kind == kind)
    wanted = (theirs, Job.status.in_(RUNNING), Job.store_id.not_in(kept))
    rows = connection.execute(select(Job.__table__).where(*wanted).with_for_update()).all()
    for row in rows:
        _cancel(connection, row, reason)
    return len(rows)


@verb
def abandon_job(connection: Connection, job: ClaimedJob, reason: str) -> bool:
    """Cancelled by the worker itself, because its requester lost the right; False as above."""
    row = _lock_mine(connection, job)
    if row is not None:
        _cancel(connection, row, reason)
    return row is not None


@verb
def expire_jobs(connection: Connection, kind: str, finished_before: datetime) -> list[str]:
    """Let the files of old jobs go; the names of the files, which the caller deletes."""
    old = (Job.kind == kind, Job.status == "done", Job.finished_at < finished_before)
    rows = connection.execute(select(Job.__table__).where(*old).with_for_update()).all()
    for row in rows:
        _move(connection, row, "expired", file=None)
    return [row.file for row in rows if row.file]


@verb
def forget_jobs(connection: Connection, account_id: int, reason: str) -> list[str]:
    """Cancel a person's running jobs and let go of the files of the others; all their uids."""
    jobs = select(Job.__table__).where(Job.requester_id == account_id).with_for_update()
    rows = connection.execute(jobs).all()
    for row in rows:
        if row.status in RUNNING:
            _cancel(connection, row, reason)
        elif row.status == "done":
            _move(connection, row, "expired", file=None)
    return [row.uid for row in rows]


def purge_jobs(days: int) -> int:
    """Forget jobs that ended so many days ago and have no file, with their moves; how many."""
    ended = Job.status.in_(ENDED), Job.file.is_(None)
    return purge_rows(Job.finished_at, timedelta(days=days), *ended, along=JobEvent.job_id)


def _find_recent(
    connection: Connection, requester_id: int, wanted: NewJob, now: datetime
) -> JobKey | None:
    """The running job of that kind, or an equal one that is a minute old at most."""
    mine = and_(Job.requester_id == requester_id, Job.kind == wanted.kind)
    find = select(Job.id, Job.uid, Job.store_id, Job.params, Job.status).where(mine)
    fresh = and_(Job.status == "done", Job.created_at > now - SAME_WITHIN)
    rows = connection.execute(
        find.where(or_(Job.status.in_(RUNNING), fresh)).order_by(Job.id.desc())
    ).all()
    for row in rows:
        if (row.store_id, row.params) == (wanted.store_id, wanted.params):
            return JobKey(row.id, row.uid, is_new=False)
    running = next((row for row in rows if row.status in RUNNING), None)
    if running is not None:
        raise JobRunning(job=running.uid)
    return None


def _give_up(connection: Connection, row: Any, now: datetime) -> None:
    if row.status == "queued":
        _move(connection, row, "running", attempt=row.attempt + 1)
        row = connection.execute(select(Job.__table__).where(Job.id == row.id)).one()
    reason = "It was tried several times and did not come to its end."
    _move(connection, row, "failed", error=reason, lease_until=None, finished_at=now)


def _cancel(connection: Connection, row: Any, reason: str) -> None:
    now = clock.now(connection)
    _move(connection, row, "cancelled", reason=reason, lease_until=None, finished_at=now)


def _mine(job: ClaimedJob) -> Any:
    return and_(Job.id == job.id, Job.attempt == job.attempt, Job.status == "running")


def _lock_mine(connection: Connection, job: ClaimedJob) -> Any:
    find = select(Job.__table__).where(_mine(job)).with_for_update()
    return connection.execute(find).one_or_none()


def _move(connection: Connection, row: Any, to: str, reason: str = "", **changes: Any) -> None:
    """The one place where a job's status changes. The row must be locked."""
    require_move(JOB_MOVES, row.status, to)
    connection.execute(update(Job).where(Job.id == row.id).values(status=to, **changes))
    _write_event(connection, row.id, (row.status, to), reason or changes.get("error") or "")


def _write_event(
    connection: Connection, job_id: int, step: tuple[str | None, str], reason: str
) -> None:
    now = clock.now(connection)
    event = {"from_status": step[0], "to_status": step[1], "reason": reason, "at": now}
    connection.execute(insert(JobEvent).values(job_id=job_id, **event))
