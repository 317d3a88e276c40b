"""The verbs of product exports: asked for, written page by page, mailed once, kept for a week."""

import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from kirana.accounts.permissions import Permission
from kirana.exports import queries
from kirana.exports.files import GrowingFile, forget_others
from kirana.exports.queries import KIND
from kirana.exports.table import encode, header
from kirana.jobs.queries import due_jobs
from kirana.jobs.services import (
    abandon_job,
    cancel_jobs_of,
    claim_job,
    expire_jobs,
    finish_job,
    release_job,
    report_progress,
    start_job,
)
from kirana.jobs.shapes import ClaimedJob, JobKey, NewJob, Progress, Result
from kirana.platform import audit, clock
from kirana.platform.access import Actor
from kirana.platform.db import verb
from kirana.platform.outbox import enqueue
from kirana.platform.probes import reached
from kirana.platform.wake import wake, wake_after_commit

logger = logging.getLogger("kirana.exports")
RUN = "export.run"
PAGE = 1000
KEPT = timedelta(days=7)
RIGHT_LOST = "You may no longer export this store's products."


@verb
def request_export(connection: Connection, actor: Actor, store_slug: str | None) -> JobKey:
    """Ask for a store's products as a file, mailed to the caller.

    A running export of the same store is returned. Raises Forbidden, NotFound, Invalid (several
    stores), JobRunning.
    """
    actor.require(Permission.WRITE_EXPORTS)
    store_id = queries.choose_store(actor, store_slug)
    job = start_job(actor, NewJob(KIND, store_id))
    if job.is_new:
        audit.record(connection, actor, "export.requested", ("job", job.uid))
    wake_after_commit(RUN, job.id)
    return job


def run_export(job_id: int, folder: Path, currency: str) -> None:
    """Write the file of a job that nobody else works on, from where it is certain, to its end.

    Never called inside a transaction: each page is a commit of its own.
    """
    job = claim_job(job_id)
    if job is None:
        return
    if job.store_id is None or not queries.may_export(job.requester_id, job.store_id):
        abandon_job(job, RIGHT_LOST)
        return
    try:
        _write(job, job.store_id, folder, currency)
    except Exception:  # disk full, database away: another attempt goes on from here
        logger.exception("export %s stopped in attempt %s", job.uid, job.attempt)
        release_job(job)


def resume_exports() -> None:
    """Wake a worker for each export that nobody works on."""
    for job_id in due_jobs(KIND):
        wake(RUN, job_id)


def stop_exports_without_right(_connection: Connection, account_id: int, **_facts: Any) -> None:
    """A person was demoted, suspended or left a store: running exports end with the right."""
    cancel_jobs_of(account_id, KIND, RIGHT_LOST, queries.export_stores(account_id))


def expire_exports(folder: Path) -> int:
    """Delete the files of exports that were finished a week ago; how many."""
    files = _expire()
    for name in files:
        (folder / name).unlink(missing_ok=True)
    _delete_leftovers(folder)
    return len(files)


def _write(job: ClaimedJob, store_id: int, folder: Path, currency: str) -> None:
    total = queries.count_products(store_id, job.snapshot_at)
    with GrowingFile(folder, job.uid, job.attempt) as file:
        is_resumed = bool(job.bytes) and file.take_over(job.file, job.bytes)
        last_id = int(job.cursor) if is_resumed and job.cursor else 0
        done = job.rows_done if is_resumed else 0
        if not is_resumed:
            file.append(header())
        while rows := queries.list_rows(store_id, job.snapshot_at, last_id, PAGE):
            file.append(encode(rows, currency))
            last_id, done = rows[-1].id, done + len(rows)
            progress = Progress(str(last_id), file.bytes, done, max(total, done), file.name)
            if not report_progress(job, progress):
                file.discard()
                return
            reached("export.page")
        sha256 = file.complete()
        reached("export.renamed")
        if _finish(job, Result(file.final_name, sha256, file.bytes, done)):
            forget_others(folder, job.uid, file.final_name)
        else:
            file.discard()


@verb
def _finish(connection: Connection, job: ClaimedJob, result: Result) -> bool:
    """The file is whole: done, and its one mail owed, in one transaction."""
    if not queries.may_export(job.requester_id, job.store_id):
        abandon_job(job, RIGHT_LOST)
        return False
    is_mine = finish_job(job, result)
    if is_mine:
        enqueue(connection, "export_ready", f"export:{job.uid}", job_id=job.id)
    return is_mine


@verb
def _expire(connection: Connection) -> list[str]:
    return expire_jobs(KIND, clock.now(connection) - KEPT)


def _delete_leftovers(folder: Path) -> None:
    """Parts of cancelled and failed exports, once they are as old as a kept file may get."""
    oldest = clock.utc_now().timestamp() - KEPT.total_seconds()
    for path in folder.iterdir():
        if path.is_file() and path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)
