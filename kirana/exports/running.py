"""Writing a job's file page by page: how it survives its workers, whatever it holds."""

import logging
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection

from kirana.exports.files import GrowingFile, forget_others
from kirana.jobs.queries import list_files
from kirana.jobs.services import (
    abandon_job,
    claim_job,
    expire_jobs,
    finish_job,
    release_job,
    report_progress,
)
from kirana.jobs.shapes import ClaimedJob, Progress, Result
from kirana.platform import clock
from kirana.platform.db import verb
from kirana.platform.outbox import enqueue
from kirana.platform.probes import reached

logger = logging.getLogger("kirana.exports")
KEPT = timedelta(days=7)
SETTLED = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Piece:
    """The next rows of a file as bytes, how many they are, and where to go on after them."""

    data: bytes
    rows: int
    cursor: str


class Content(Protocol):
    """What one kind of job writes, and for whom. ``mail`` is the outbox kind that tells of it."""

    kind: str
    suffix: str
    mail: str
    right_lost: str
    end: bytes

    def is_allowed(self, job: ClaimedJob) -> bool:
        """Whether its requester may still have it; asked before, and again when it is whole."""

    def count(self, job: ClaimedJob) -> int:
        """About how many rows there will be."""

    def begin(self, job: ClaimedJob) -> bytes:
        """What stands before the rows; the same in every attempt."""

    def next_piece(self, job: ClaimedJob, cursor: str) -> Piece | None:
        """The rows after ``cursor`` (empty at the beginning); None when there are no more."""


def run(job_id: int, folder: Path, content: Content) -> None:
    """Write the file of a job that nobody else works on, from where it is certain, to its end.

    Never called inside a transaction: each page is a commit of its own.
    """
    job = claim_job(job_id)
    if job is None:
        return
    if not content.is_allowed(job):
        abandon_job(job, content.right_lost)
        return
    try:
        _write(job, folder, content)
    except Exception:  # disk full, database away: another attempt goes on from here
        logger.exception("%s %s stopped in attempt %s", job.kind, job.uid, job.attempt)
        release_job(job)


def expire(kind: str, folder: Path) -> int:
    """Delete the files of jobs of ``kind`` that were finished a week ago; how many."""
    files = _expire(kind)
    for name in files:
        (folder / name).unlink(missing_ok=True)
    delete_leftovers(folder)
    return len(files)


def _write(job: ClaimedJob, folder: Path, content: Content) -> None:
    total = content.count(job)
    with GrowingFile(folder, job.uid, job.attempt, content.suffix) as file:
        is_resumed = bool(job.bytes) and file.take_over(job.file, job.bytes)
        cursor, done = (job.cursor, job.rows_done) if is_resumed else ("", 0)
        if not is_resumed:
            file.append(content.begin(job))
        while piece := content.next_piece(job, cursor):
            file.append(piece.data)
            cursor, done = piece.cursor, done + piece.rows
            progress = Progress(cursor, file.bytes, done, max(total, done), file.name)
            if not report_progress(job, progress):
                file.discard()
                return
            reached("export.page")
        file.append(content.end)
        sha256 = file.complete()
        reached("export.renamed")
        if _finish(job, content, Result(file.final_name, sha256, file.bytes, done)):
            forget_others(folder, job.uid, file.final_name)
        else:
            file.discard()


@verb
def _finish(connection: Connection, job: ClaimedJob, content: Content, result: Result) -> bool:
    """The file is whole: done, and its one mail owed, in one transaction."""
    if not content.is_allowed(job):
        abandon_job(job, content.right_lost)
        return False
    is_mine = finish_job(job, result)
    if is_mine:
        enqueue(connection, content.mail, f"export:{job.uid}", job_id=job.id)
    return is_mine


@verb
def _expire(connection: Connection, kind: str) -> list[str]:
    return expire_jobs(kind, clock.now(connection) - KEPT)


def delete_leftovers(folder: Path) -> None:
    """Files that no job names: parts of what was cancelled, or whose deletion was cut short."""
    if not folder.is_dir():
        return
    begun_before = clock.utc_now().timestamp() - SETTLED.total_seconds()
    old = [path for path in folder.iterdir() if path.stat().st_mtime < begun_before]
    named = {Path(name).stem for name in list_files()}  # of each job, under whatever ending
    for path in old:
        if path.is_file() and path.stem not in named:
            path.unlink(missing_ok=True)
