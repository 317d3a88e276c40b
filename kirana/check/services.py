"""The check as work: once a night, and whenever the admin asks. What it finds are incidents."""

import logging
import time
from datetime import datetime, timedelta

from sqlalchemy import Connection, update

from kirana import check
from kirana.check.rule import Rule
from kirana.jobs.queries import due_jobs
from kirana.jobs.services import claim_job, finish_job, release_job, report_progress
from kirana.jobs.shapes import ClaimedJob, Progress, Result
from kirana.oversight.queries import CHECK
from kirana.oversight.services import RUN, Broken, record_findings
from kirana.platform import clock, db
from kirana.platform.config import Settings
from kirana.platform.db import verb
from kirana.platform.schedule import JobRun, claim_period
from kirana.platform.wake import wake

logger = logging.getLogger("kirana.check")
# From this hour of the shop's day on, a night is due; a shop that slept then does it later.
NIGHT = 3
# A run that is not finished by then was left behind by a worker that was killed.
LOST_AFTER = timedelta(minutes=30)
TOLD_EVERY_SECONDS = 1.0


def run_due(settings: Settings) -> bool:
    """Do this night's check if nobody did; whether it was done here.

    Never called inside a transaction.
    """
    begun_at = _now()
    local = begun_at.astimezone(settings.tz)
    night = f"{local:%Y-%m-%d}"
    if local.hour < NIGHT or not _claim(night):
        return False
    _end_night(night, check.run(), begun_at)
    return True


def run_job(job_id: int) -> None:
    """Do the check that an admin asked for, unless another worker does.

    Never called inside a transaction: its progress is told while it runs.
    """
    job = claim_job(job_id)
    if job is None:
        return
    try:
        begun_at = _now()
        _end_job(job, check.run(_Told(job)), begun_at)
    except Exception:  # the database is away: another attempt begins anew
        logger.exception("check %s stopped in attempt %s", job.uid, job.attempt)
        release_job(job)


def resume_checks() -> None:
    """Wake a worker for each check that nobody works on."""
    for job_id in due_jobs(CHECK):
        wake(RUN, job_id)


class _Told:
    """Tells how far a check is: at once, then each second."""

    def __init__(self, job: ClaimedJob) -> None:
        self._job = job
        self._done = 0
        self._next = 0.0

    def __call__(self, rule: Rule) -> None:
        if time.monotonic() >= self._next:
            report_progress(self._job, Progress("", 0, self._done, _rule_count(), None))
            self._next = time.monotonic() + TOLD_EVERY_SECONDS
        self._done += 1


def _rule_count() -> int:
    return len(check.rules_on(db.engine().dialect.name))


def _now() -> datetime:
    with db.reading() as connection:
        return clock.now(connection)


@verb
def _claim(connection: Connection, night: str) -> bool:
    """Whether the night is ours: new, or left behind."""
    if claim_period(connection, CHECK, night):
        return True
    now = clock.now(connection)
    mine = (JobRun.name == CHECK, JobRun.period == night)
    lost = (JobRun.finished_at.is_(None), JobRun.started_at < now - LOST_AFTER)
    taking = update(JobRun).where(*mine, *lost).values(started_at=now)
    return connection.execute(taking).rowcount == 1


@verb
def _end_night(connection: Connection, night: str, found: list[Broken], begun_at: datetime) -> None:
    record_findings(found, begun_at)
    mine = update(JobRun).where(JobRun.name == CHECK, JobRun.period == night)
    connection.execute(mine.values(finished_at=clock.now(connection)))


@verb
def _end_job(
    _connection: Connection, job: ClaimedJob, found: list[Broken], begun_at: datetime
) -> None:
    """Done, and what it found kept, in one transaction; nothing if the job is ours no more."""
    if finish_job(job, Result(None, None, 0, _rule_count())):
        record_findings(found, begun_at)
