"""Incidents: rules that a check found broken."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kirana.oversight.states import INCIDENT_MOVES
from kirana.platform import columns
from kirana.platform.tables import Json, Model


class Incident(Model):
    """A rule that did not hold, from the check that found it to the one that finds it clean.

    ``rows`` are the first that broke it when it was last seen, ``rows_found`` how many there were.
    """

    __tablename__ = "incident"
    __table_args__ = (
        columns.one_of("status", tuple(INCIDENT_MOVES)),
        CheckConstraint("(status = 'resolved') = (resolved_at IS NOT NULL)", name="ends_once"),
        CheckConstraint("rows_found > 0", name="of_something"),
        columns.some("uq_incident_one_open", "status = 'open'", "rule", unique=True),
    )

    uid: Mapped[str] = columns.uid()
    statement: Mapped[int]
    rule: Mapped[str] = mapped_column(String(200))
    status: Mapped[str] = columns.status(default="open")
    rows_found: Mapped[int]
    rows: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    found_at: Mapped[datetime] = columns.created()
    seen_at: Mapped[datetime] = columns.created()
    resolved_at: Mapped[datetime | None] = columns.moment()
    note: Mapped[str] = mapped_column(Text, default="")


class IncidentEvent(columns.Move):
    """One move of an incident's status; by nobody where a check did it."""

    __tablename__ = "incident_event"

    incident_id: Mapped[int] = columns.link("incident.id")
    actor_id: Mapped[int | None] = columns.link("account.id")
