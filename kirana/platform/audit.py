"""Who did what, insert-only, in the transaction of the deed. Never a secret in it.

Rows are sealed (``audit_seal``) and outlive the person they tell of, so that they hold nothing
which would have to be erased: people and things by their keys, networks shortened.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from kirana.platform import clock, columns
from kirana.platform.access import Actor
from kirana.platform.inserts import insert_rows
from kirana.platform.networks import shortened
from kirana.platform.tables import Json, Model


class AuditEvent(Model):
    """One deed. ``before`` and ``after`` hold what changed, personal values by reference only."""

    __tablename__ = "audit_event"
    __table_args__ = (
        Index("ix_audit_event_object", "object_key", "id"),
        Index("ix_audit_event_kind", "object_kind", "id"),
        Index("ix_audit_event_action", "action", "id"),
        Index("ix_audit_event_request_id", "request_id", "id"),
    )

    at: Mapped[datetime] = columns.moment(default=clock.utc_now, index=True)
    actor_id: Mapped[int | None] = columns.link("account.id")
    role: Mapped[str] = mapped_column(String(20), default="")
    session_id: Mapped[int | None] = mapped_column()
    key_uid: Mapped[str | None] = mapped_column(String(40))
    network: Mapped[str] = mapped_column(String(64), default="")
    request_id: Mapped[str] = mapped_column(String(64), default="")
    action: Mapped[str] = mapped_column(String(60))
    object_kind: Mapped[str] = mapped_column(String(40))
    object_key: Mapped[str] = mapped_column(String(120))
    before: Mapped[dict[str, Any] | None] = mapped_column(Json)
    after: Mapped[dict[str, Any] | None] = mapped_column(Json)


def record(
    connection: Connection,
    actor: Actor,
    action: str,
    thing: tuple[str, str],
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Write one audit row. ``thing`` is (kind, public key), for instance ``("order", number)``."""
    row = {"object_kind": thing[0], "object_key": thing[1], "before": before, "after": after}
    insert_rows(connection, AuditEvent, [{**_deed(connection, actor, action), **row}])


def record_all(
    connection: Connection, actor: Actor, action: str, kind: str, after: Mapping[str, Any]
) -> None:
    """Write a row for each of several things of one ``kind``, by public key, in one statement."""
    deed = {**_deed(connection, actor, action), "object_kind": kind}
    rows = [{**deed, "object_key": key, "after": found} for key, found in after.items()]
    insert_rows(connection, AuditEvent, rows)


def _deed(connection: Connection, actor: Actor, action: str) -> dict[str, Any]:
    return {
        "at": clock.now(connection), "actor_id": actor.account_id, "role": actor.role,
        "session_id": actor.session_id, "key_uid": actor.key_uid or None,
        "network": shortened(actor.network), "request_id": actor.request_id, "action": action,
    }  # fmt: skip
