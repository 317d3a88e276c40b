"""Jobs: long work with progress."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kirana.jobs.states import JOB_MOVES
from kirana.platform import columns
from kirana.platform.tables import Json


class Job(columns.Public):
    """One piece of long work. ``attempt`` fences: a worker that lost its lease cannot write.

    ``cursor`` and ``bytes`` say how far the file is certain; a taker goes on from there.
    """

    __tablename__ = "job"
    __table_args__ = (
        columns.one_of("status", tuple(JOB_MOVES)),
        CheckConstraint("rows_done >= 0", name="rows_done_counted"),
        CheckConstraint("(status = 'failed') = (error IS NOT NULL)", name="failed_says_why"),
        columns.some(
            "uq_job_one_running",
            "status IN ('queued', 'running')",
            "kind",
            "requester_id",
            unique=True,
        ),
        Index("ix_job_status", "status", "kind", "id"),
    )

    kind: Mapped[str] = mapped_column(String(40))
    requester_id: Mapped[int] = columns.link("account.id")
    store_id: Mapped[int | None] = columns.link("store.id")
    params: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    status: Mapped[str] = columns.status(default="queued")
    rows_done: Mapped[int] = mapped_column(default=0)
    rows_total: Mapped[int | None]
    cursor: Mapped[str] = mapped_column(Text, default="")
    bytes: Mapped[int] = mapped_column(default=0)
    sha256: Mapped[str | None] = mapped_column(String(64))
    file: Mapped[str | None] = mapped_column(String(200))
    error: Mapped[str | None] = mapped_column(Text)
    attempt: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None] = columns.moment()
    snapshot_at: Mapped[datetime] = columns.created()
    started_at: Mapped[datetime | None] = columns.moment()
    finished_at: Mapped[datetime | None] = columns.moment()


class JobEvent(columns.Move):
    """One move of a job's status."""

    __tablename__ = "job_event"

    job_id: Mapped[int] = columns.link("job.id")
    reason: Mapped[str] = mapped_column(Text, default="")
