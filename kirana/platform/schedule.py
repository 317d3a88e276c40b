"""Whoever inserts (name, period) does the job: any number of beats is harmless."""

from datetime import datetime

from sqlalchemy import Connection, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kirana.platform import clock, columns
from kirana.platform.inserts import insert_ignoring
from kirana.platform.tables import Model


class JobRun(Model):
    """A scheduled job that was begun for a period; ``cursor`` says how far it is certain."""

    __tablename__ = "job_run"
    __table_args__ = (UniqueConstraint("name", "period"),)

    name: Mapped[str] = mapped_column(String(60))
    period: Mapped[str] = mapped_column(String(40))
    cursor: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime] = columns.created()
    finished_at: Mapped[datetime | None] = columns.moment()


def claim_period(connection: Connection, name: str, period: str) -> bool:
    """True for the one who inserted the row first."""
    now = clock.now(connection)
    return insert_ignoring(connection, JobRun, name=name, period=period, cursor=0, started_at=now)
