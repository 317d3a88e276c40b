"""The audit log and the outbox over JSON."""

from flask import Blueprint

from kirana.accounts.permissions import Permission
from kirana.oversight import queries
from kirana.oversight.queries import AuditQuery, Deed, Effect, OutboxQuery
from kirana.platform.access import Actor
from kirana.platform.http import operation, requires
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
