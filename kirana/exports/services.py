"""The verbs of product exports: asked for, written page by page, mailed once, kept for a week."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from kirana.accounts.permissions import Permission
from kirana.exports import queries, running
from kirana.exports.queries import KIND
from kirana.exports.running import KEPT, Piece
from kirana.exports.table import encode, header
from kirana.jobs.queries import due_jobs
from kirana.jobs.services import cancel_jobs_of, start_job
from kirana.jobs.shapes import ClaimedJob, JobKey, NewJob
from kirana.platform import audit
from kirana.platform.access import Actor
from kirana.platform.db import verb
from kirana.platform.wake import wake, wake_after_commit

__all__ = ["KEPT", "PAGE", "RUN", "request_export", "run_export"]
RUN = "export.run"
PAGE = 1000
RIGHT_LOST = "You may no longer export this store's products."


@dataclass(slots=True)
class Products:
    """A store's products as CSV; see ``running.Content``."""

    currency: str
    kind: str = KIND
    suffix: str = ".csv"
    mail: str = "export_ready"
    right_lost: str = RIGHT_LOST
    end: bytes = b""

    def is_allowed(self, job: ClaimedJob) -> bool:
        return queries.may_export(job.requester_id, job.store_id)

    def count(self, job: ClaimedJob) -> int:
        return queries.count_products(job.store_id or 0, job.snapshot_at)

    def begin(self, job: ClaimedJob) -> bytes:
        return header()

    def next_piece(self, job: ClaimedJob, cursor: str) -> Piece | None:
        rows = queries.list_rows(job.store_id or 0, job.snapshot_at, int(cursor or 0), PAGE)
        return Piece(encode(rows, self.currency), len(rows), str(rows[-1].id)) if rows else None


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
    """Write the file of a job that nobody else works on. Never called inside a transaction."""
    running.run(job_id, folder, Products(currency))


def resume_exports() -> None:
    """Wake a worker for each export that nobody works on."""
    for job_id in due_jobs(KIND):
        wake(RUN, job_id)


def stop_exports_without_right(_connection: Connection, account_id: int) -> None:
    """A person was demoted or suspended: their running exports end with their right."""
    if not queries.is_exporter(account_id):
        cancel_jobs_of(account_id, KIND, RIGHT_LOST)


def expire_exports(folder: Path) -> int:
    """Delete the files of exports that were finished a week ago; how many."""
    return running.expire(KIND, folder)
