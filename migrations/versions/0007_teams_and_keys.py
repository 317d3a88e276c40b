"""Invitations to a store's team, API keys, and the key that acted in the audit log"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BYTES = sa.String().with_variant(sa.String(collation="C"), "postgresql")
JSON = sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("audit_event", sa.Column("key_uid", sa.String(length=40), nullable=True))
    op.create_table(
        "api_key",
        sa.Column("id", KEY, autoincrement=True, nullable=False),
        sa.Column("uid", BYTES, nullable=False),
        sa.Column("account_id", KEY, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("token_hash", BYTES, nullable=False),
        sa.Column("permissions", JSON, nullable=False),
        sa.Column("store_id", KEY, nullable=True),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_api_key_account_id_account")
        ),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_api_key_store_id_store")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_key_token_hash")),
        sa.UniqueConstraint("uid", name=op.f("uq_api_key_uid")),
    )
    op.create_index(op.f("ix_api_key_account_id"), "api_key", ["account_id"])
    op.create_index(op.f("ix_api_key_store_id"), "api_key", ["store_id"])
    _invitation()


def _invitation() -> None:
    op.create_table(
        "invitation",
        sa.Column("id", KEY, autoincrement=True, nullable=False),
        sa.Column("uid", BYTES, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("email", BYTES, nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("token_hash", BYTES, nullable=False),
        sa.Column("mails", KEY, nullable=False),
        sa.Column("invited_by", KEY, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("accepted_at", MOMENT, nullable=True),
        sa.Column("accepted_by", KEY, nullable=True),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "(accepted_at IS NULL) = (accepted_by IS NULL)",
            name=op.f("ck_invitation_accepted_by_one"),
        ),
        sa.CheckConstraint(
            "accepted_at IS NULL OR revoked_at IS NULL", name=op.f("ck_invitation_ends_once")
        ),
        sa.CheckConstraint(
            "role IN ('owner', 'manager', 'picker', 'courier')",
            name=op.f("ck_invitation_role_known"),
        ),
        sa.ForeignKeyConstraint(
            ["accepted_by"], ["account.id"], name=op.f("fk_invitation_accepted_by_account")
        ),
        sa.ForeignKeyConstraint(
            ["invited_by"], ["account.id"], name=op.f("fk_invitation_invited_by_account")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["store.id"], name=op.f("fk_invitation_store_id_store")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitation_token_hash")),
        sa.UniqueConstraint("uid", name=op.f("uq_invitation_uid")),
    )
    for column in ("accepted_by", "invited_by", "store_id"):
        op.create_index(op.f(f"ix_invitation_{column}"), "invitation", [column])
    is_open = sa.text("accepted_at IS NULL AND revoked_at IS NULL")
    op.create_index(
        "uq_invitation_one_open",
        "invitation",
        ["store_id", "email"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
