"""A person's own data as one JSON file, written by a worker section by section."""

from dataclasses import dataclass
from pathlib import Path

import msgspec
from sqlalchemy import Connection

from kirana.accounts.permissions import Permission
from kirana.exports import running
from kirana.exports.running import Piece
from kirana.jobs.queries import due_jobs
from kirana.jobs.services import start_job
from kirana.jobs.shapes import ClaimedJob, JobKey, NewJob
from kirana.platform import audit
from kirana.platform.access import Actor
from kirana.platform.db import verb
from kirana.platform.wake import wake, wake_after_commit
from kirana.privacy import queries
from kirana.privacy.queries import KIND
from kirana.privacy.sections import SECTIONS

RUN = "export.personal"
PAGE = 1000
NAMES = tuple(SECTIONS)


@dataclass(slots=True)
class PersonalData:
    """One object with a list for each section; a cursor is ``section:id``."""

    kind: str = KIND
    suffix: str = ".json"
    mail: str = "personal_data_ready"
    right_lost: str = "The account cannot sign in any more."
    end: bytes = b"}\n"

    def is_allowed(self, job: ClaimedJob) -> bool:
        return queries.may_have_data(job.requester_id)

    def count(self, job: ClaimedJob) -> int:
        return queries.count_rows(job.requester_id)

    def begin(self, job: ClaimedJob) -> bytes:
        return b'{"as_of": ' + msgspec.json.encode(job.snapshot_at)

    def next_piece(self, job: ClaimedJob, cursor: str) -> Piece | None:
        place, after = (int(part) for part in (cursor or "0:0").split(":"))
        if place == len(NAMES):
            return None
        rows = queries.list_section(job.requester_id, NAMES[place], after, PAGE)
        last = rows[-1]["id"] if rows else after
        lines = [msgspec.json.encode({k: v for k, v in row.items() if k != "id"}) for row in rows]
        text = b",\n  ".join(lines)
        if after:
            text = b",\n  " + text if text else b""
        else:
            text = f',\n"{NAMES[place]}": [\n  '.encode() + text
        if len(rows) < PAGE:
            return Piece(text + b"]", len(rows), f"{place + 1}:0")
        return Piece(text, len(rows), f"{place}:{last}")


@verb
def request_data(connection: Connection, actor: Actor) -> JobKey:
    """Ask for all that is kept about the caller; the running job, or one of the last minute.

    An API key, which may read a part, never gets the whole. Raises Forbidden.
    """
    actor.require(Permission.WRITE_OWN_PROFILE)
    job = start_job(actor, NewJob(KIND))
    if job.is_new:
        audit.record(connection, actor, "personal_data.requested", ("job", job.uid))
    wake_after_commit(RUN, job.id)
    return job


def run_data_export(job_id: int, folder: Path) -> None:
    """Write the file of a job that nobody else works on. Never called inside a transaction."""
    running.run(job_id, folder, PersonalData())


def resume_data_exports() -> None:
    """Wake a worker for each of these jobs that nobody works on."""
    for job_id in due_jobs(KIND):
        wake(RUN, job_id)


def expire_data_exports(folder: Path) -> int:
    """Delete the files that were finished a week ago; how many."""
    return running.expire(KIND, folder)
