"""Reads of the audit log and of the outbox, for the admin."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from sqlalchemy import Connection, or_, select, text

from kirana.accounts.models import Account
from kirana.accounts.permissions import Permission
from kirana.platform.access import Actor
from kirana.platform.audit import AuditEvent
from kirana.platform.db import query
from kirana.platform.outbox import Outbox
from kirana.platform.paging import Page, PageQuery, decode_cursor, to_page

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
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


@query
def list_deeds(connection: Connection, actor: Actor, wanted: AuditQuery) -> Page[Deed]:
    """The audit log, newest first. Raises Forbidden, Invalid (cursor)."""
    actor.require(Permission.READ_AUDIT)
    statement = _DEEDS.order_by(AuditEvent.id.desc()).limit(wanted.limit + 1)
    for name in ("action", "object_kind", "object_key", "request_id"):
        if (value := getattr(wanted, name)) is not None:
            statement = statement.where(getattr(AuditEvent, name) == value)
    if wanted.actor is not None:
        named = Account.name.icontains(wanted.actor, autoescape=True)
        is_them = (Account.uid == wanted.actor, Account.email == wanted.actor, named)
        statement = statement.where(or_(*is_them))
    if wanted.since is not None:
        statement = statement.where(AuditEvent.at >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(AuditEvent.at < wanted.until)
    if wanted.cursor is not None:
        statement = statement.where(AuditEvent.id < decode_cursor(wanted.cursor, [int])[0])
    return _page(connection, statement, wanted.limit, Deed)


@query
def list_actions(connection: Connection, actor: Actor) -> list[str]:
    """Every action that the log knows, by name; one step of its index for each."""
    actor.require(Permission.READ_AUDIT)
    return list(connection.execute(_ACTIONS).scalars())


@query
def list_effects(connection: Connection, actor: Actor, wanted: OutboxQuery) -> Page[Effect]:
    """The outbox, newest first. Raises Forbidden, Invalid (cursor)."""
    actor.require(Permission.READ_OUTBOX)
    statement = _EFFECTS.order_by(Outbox.id.desc()).limit(wanted.limit + 1)
    if wanted.state is not None:
        statement = statement.where(Outbox.state == wanted.state)
    if wanted.cursor is not None:
        statement = statement.where(Outbox.id < decode_cursor(wanted.cursor, [int])[0])
    return _page(connection, statement, wanted.limit, Effect)


def _page(connection: Connection, statement: Any, limit: int, shape: Any) -> Page[Any]:
    rows = connection.execute(statement).all()
    names = shape.__struct_fields__
    return to_page(
        rows,
        limit,
        lambda row: shape(**{name: getattr(row, name) for name in names}),
        lambda row: (row.id,),
    )
