"""The audit log, the outbox and what checks found over JSON."""

from typing import Annotated

import msgspec
from flask import Blueprint

from kirana.accounts.permissions import Permission
from kirana.jobs.errors import JobRunning
from kirana.jobs.queries import get_job
from kirana.jobs.shapes import JobView
from kirana.oversight import queries, services
from kirana.oversight.queries import (
    AuditQuery,
    Deed,
    Effect,
    IncidentsQuery,
    IncidentView,
    OutboxQuery,
)
from kirana.platform.access import Actor
from kirana.platform.errors import IllegalMove, NotFound
from kirana.platform.http import Answer, operation, requires
from kirana.platform.paging import Page

api = Blueprint("oversight_api", __name__)


@api.get("/audit-events")
@requires(Permission.READ_AUDIT)
@operation("listAuditEvents")
def audit_events(actor: Actor, query: AuditQuery) -> Page[Deed]:
    """Who did what, newest first."""
    return queries.list_deeds(actor, query)


@api.get("/outbox")
@requires(Permission.READ_OUTBOX)
@operation("listOutbox")
def outbox(actor: Actor, query: OutboxQuery) -> Page[Effect]:
    """What is to be mailed and what became of it, newest first."""
    return queries.list_effects(actor, query)


class Resolution(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was done about an incident."""

    note: Annotated[str, msgspec.Meta(min_length=1, max_length=services.LONGEST_NOTE)]


@api.get("/incidents")
@requires(Permission.READ_INCIDENTS)
@operation("listIncidents")
def incidents(actor: Actor, query: IncidentsQuery) -> Page[IncidentView]:
    """Rules that a check found broken, newest first."""
    return queries.list_incidents(actor, query)


@api.get("/incidents/<uid>")
@requires(Permission.READ_INCIDENTS)
@operation("getIncident", raises=(NotFound,))
def incident(actor: Actor, uid: str) -> IncidentView:
    """One incident, with the first rows that broke its rule."""
    return queries.get_incident(actor, uid)


@api.post("/incidents/<uid>/resolution")
@requires(Permission.WRITE_INCIDENTS)
@operation("resolveIncident", raises=(NotFound, IllegalMove), idempotency="accepted")
def resolve(actor: Actor, uid: str, body: Resolution) -> IncidentView:
    """Close an incident with a note; a rule that is broken still becomes a new one."""
    services.resolve_incident(actor, uid, body.note)
    return queries.get_incident(actor, uid)


@api.post("/checks")
@requires(Permission.WRITE_INCIDENTS)
@operation("startCheck", status=202, raises=(JobRunning,), idempotency="accepted")
def start_check(actor: Actor) -> Answer[JobView]:
    """Have a worker prove now what it proves each night: a job; what it finds are incidents."""
    job = services.request_check(actor)
    return Answer(get_job(actor, job.uid), headers={"Location": f"/api/v1/jobs/{job.uid}"})
