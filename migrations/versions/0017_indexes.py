"""Indexes for every list and for scheduled work"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

NEW = {
    "ix_account_role": ("account", ["role", "id"]),
    "ix_account_status": ("account", ["status", "id"]),
    "ix_account_link_created_at": ("account_link", ["created_at"]),
    "ix_approval_status": ("approval", ["status", "id"]),
    "ix_audit_event_action": ("audit_event", ["action", "id"]),
    "ix_audit_event_kind": ("audit_event", ["object_kind", "id"]),
    "ix_audit_event_object": ("audit_event", ["object_key", "id"]),
    "ix_audit_event_request_id": ("audit_event", ["request_id", "id"]),
    "ix_category_request_status": ("category_request", ["status", "id"]),
    "ix_invitation_email": ("invitation", ["email"]),
    "ix_invitation_expires_at": ("invitation", ["expires_at"]),
    "ix_job_status": ("job", ["status", "kind", "id"]),
    "ix_outbox_state": ("outbox", ["state", "id"]),
    "ix_product_of_store": ("product", ["store_id", "sort_key", "slug"]),
    "ix_session_ended_at": ("session", ["ended_at"]),
    "ix_session_expires_at": ("session", ["expires_at"]),
}
OF_A_PART = {
    "ix_outbox_waiting": ("outbox", ["next_at", "id"], "state NOT IN ('sending', 'sent', 'dead')"),
}


def upgrade() -> None:
    op.drop_index("ix_audit_event_action", "audit_event")
    op.drop_index("ix_audit_event_object", "audit_event")
    op.drop_index("ix_audit_event_request_id", "audit_event")
    op.drop_index("ix_outbox_due", "outbox")
    for name, (table, columns) in NEW.items():
        op.create_index(name, table, columns)
    for name, (table, columns, part) in OF_A_PART.items():
        where = sa.text(part)
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
