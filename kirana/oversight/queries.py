"""Reads of the audit log, of the outbox and of incidents, for the admin."""

from datetime import datetime
from functools import partial
from typing import Annotated, Any, Literal

import msgspec
from sqlalchemy import Connection, Select, func, or_, select, text

from kirana.accounts.models import Account
from kirana.accounts.permissions import Permission
from kirana.jobs.models import Job
from kirana.oversight.models import Incident
from kirana.platform.access import Actor
from kirana.platform.audit import AuditEvent
from kirana.platform.db import query
from kirana.platform.outbox import Outbox
from kirana.platform.paging import Page, PageQuery
from kirana.platform.rows import existing_row, newest_page
from kirana.platform.schedule import JobRun

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
# The name of the check as a job, and of its nightly run.
CHECK = "check"
IncidentState = Literal["open", "resolved"]
OutboxState = Literal["due", "sending", "sent", "retrying", "dead", "uncertain"]


class AuditQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """Filters of the audit log; all that are given must fit.

    ``actor`` is a uid, an address, or a piece of a name.
    """

    action: str | None = None
    actor: str | None = None
    object_kind: str | None = None
    object_key: str | None = None
    request_id: str | None = None
    since: Moment | None = None
    until: Moment | None = None


class Deed(msgspec.Struct, frozen=True):
    """One row of the audit log; ``actor`` is an account's uid, null for the system.

    ``key_uid`` is the API key that it was done with.
    """

    at: datetime
    actor: str | None
    actor_name: str | None
    role: str
    action: str
    object_kind: str
    object_key: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    network: str
    request_id: str
    key_uid: str | None


class OutboxQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """Filter of the outbox by state."""

    state: OutboxState | None = None


class Effect(msgspec.Struct, frozen=True):
    """One row of the outbox, without its payload."""

    kind: str
    dedupe_key: str
    state: OutboxState
    attempt: int
    next_at: datetime
    last_error: str | None
    created_at: datetime
    sent_at: datetime | None


class IncidentsQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """Filter of the incidents by state."""

    state: IncidentState | None = None


class IncidentView(msgspec.Struct, frozen=True):
    """A rule that a check found broken; ``rows`` are the first of ``rows_found``, in words.

    ``statement`` is the number of what must always hold in the shop's documents.
    """

    uid: str
    statement: int
    rule: str
    status: IncidentState
    rows_found: int
    rows: list[str]
    found_at: datetime
    seen_at: datetime
    resolved_at: datetime | None
    note: str


_DEEDS = select(
    AuditEvent.id, AuditEvent.at, Account.uid.label("actor"), Account.name.label("actor_name"),
    AuditEvent.role, AuditEvent.action, AuditEvent.object_kind, AuditEvent.object_key,
    AuditEvent.before, AuditEvent.after, AuditEvent.network, AuditEvent.request_id,
    AuditEvent.key_uid,
).outerjoin(Account, Account.id == AuditEvent.actor_id)  # fmt: skip
_ACTIONS = text(
    """
    WITH RECURSIVE known(action) AS (
      SELECT MIN(action) FROM audit_event
      UNION ALL
      SELECT (SELECT MIN(action) FROM audit_event WHERE action > known.action)
      FROM known WHERE known.action IS NOT NULL
    )
    SELECT action FROM known WHERE action IS NOT NULL
    """
)
_EFFECTS = select(
    Outbox.id, Outbox.kind, Outbox.dedupe_key, Outbox.state, Outbox.attempt, Outbox.next_at,
    Outbox.last_error, Outbox.created_at, Outbox.sent_at,
)  # fmt: skip
_INCIDENTS = select(
    Incident.id, Incident.uid, Incident.statement, Incident.rule, Incident.status,
    Incident.rows_found, Incident.rows, Incident.found_at, Incident.seen_at, Incident.resolved_at,
    Incident.note,
)  # fmt: skip


@query
def list_deeds(connection: Connection, actor: Actor, wanted: AuditQuery) -> Page[Deed]:
    """The audit log, newest first. Raises Forbidden, Invalid (cursor)."""
    actor.require(Permission.READ_AUDIT)
    statement = _DEEDS
    for name in ("action", "object_kind", "object_key", "request_id"):
        if (value := getattr(wanted, name)) is not None:
            statement = statement.where(getattr(AuditEvent, name) == value)
    if wanted.actor is not None:
        statement = statement.where(AuditEvent.actor_id.in_(_people_called(wanted.actor)))
    if wanted.since is not None:
        statement = statement.where(AuditEvent.at >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(AuditEvent.at < wanted.until)
    return newest_page(connection, statement, AuditEvent.id, wanted, partial(_shown, Deed))


def _people_called(text: str) -> Select[int]:
    """Accounts by uid, by address, or by a piece of their name."""
    named = Account.name.icontains(text, autoescape=True)
    them = (Account.uid == text, Account.email == text, named)
    return select(Account.id).where(or_(*them))


@query
def list_actions(connection: Connection, actor: Actor) -> list[str]:
    """Every action that the log knows, by name; one step of its index for each."""
    actor.require(Permission.READ_AUDIT)
    return list(connection.execute(_ACTIONS).scalars())


@query
def list_effects(connection: Connection, actor: Actor, wanted: OutboxQuery) -> Page[Effect]:
    """The outbox, newest first. Raises Forbidden, Invalid (cursor)."""
    actor.require(Permission.READ_OUTBOX)
    statement = _EFFECTS
    if wanted.state is not None:
        statement = statement.where(Outbox.state == wanted.state)
    return newest_page(connection, statement, Outbox.id, wanted, partial(_shown, Effect))


@query
def list_incidents(
    connection: Connection, actor: Actor, wanted: IncidentsQuery
) -> Page[IncidentView]:
    """What checks found, newest first. Raises Forbidden, Invalid (cursor)."""
    actor.require(Permission.READ_INCIDENTS)
    statement = _INCIDENTS
    if wanted.state is not None:
        statement = statement.where(Incident.status == wanted.state)
    return newest_page(connection, statement, Incident.id, wanted, _incident)


@query
def get_incident(connection: Connection, actor: Actor, uid: str) -> IncidentView:
    """One incident. Raises Forbidden, NotFound."""
    actor.require(Permission.READ_INCIDENTS)
    return _incident(existing_row(connection, _INCIDENTS.where(Incident.uid == uid)))


@query
def last_checked_at(connection: Connection, actor: Actor) -> datetime | None:
    """When the last check came to its end, by night or by hand."""
    actor.require(Permission.READ_INCIDENTS)
    nightly = select(func.max(JobRun.finished_at)).where(JobRun.name == CHECK)
    by_hand = select(func.max(Job.finished_at)).where(Job.kind == CHECK, Job.status == "done")
    moments = [connection.execute(find).scalar_one() for find in (nightly, by_hand)]
    return max((moment for moment in moments if moment), default=None)


@query
def list_admins(connection: Connection) -> list[int]:
    """The active admins, who are told of incidents."""
    admins = (Account.role == "admin", Account.status == "active")
    return list(connection.execute(select(Account.id).where(*admins)).scalars())


def _shown(shape: Any, row: Any) -> Any:
    return shape(**{name: getattr(row, name) for name in shape.__struct_fields__})


def _incident(row: Any) -> IncidentView:
    values = {name: getattr(row, name) for name in IncidentView.__struct_fields__}
    return IncidentView(**values | {"rows": [_in_words(each) for each in row.rows]})


def _in_words(row: dict[str, Any]) -> str:
    """``product_id 7, on_hand 3, moved 4``: what an operator looks for in the tables."""
    return ", ".join(f"{name} {'–' if value is None else value}" for name, value in row.items())
