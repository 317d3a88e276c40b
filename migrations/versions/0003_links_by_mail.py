"""Links by mail"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    exact = sa.String().with_variant(sa.String(collation="C"), "postgresql")
    op.create_table(
        "account_link",
        sa.Column("id", key, autoincrement=True, nullable=False),
        sa.Column("account_id", key, nullable=True),
        sa.Column("purpose", sa.String(length=10), nullable=False),
        sa.Column("bound", exact, nullable=False),
        sa.Column("token_hash", exact, nullable=True),
        sa.Column("old_email", exact, nullable=True),
        sa.Column("new_email", exact, nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "purpose IN ('reset', 'confirm', 'change', 'known')",
            name=op.f("ck_account_link_purpose_known"),
        ),
        sa.CheckConstraint(
            "(purpose = 'change') = (new_email IS NOT NULL)",
            name=op.f("ck_account_link_a_change_is_to_somewhere"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_account_link_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_account_link_token_hash")),
    )
    op.create_index(op.f("ix_account_link_account_id"), "account_link", ["account_id"])
