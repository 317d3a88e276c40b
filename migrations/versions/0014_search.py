"""The feed that search indexes follow, synonyms, and what products are called elsewhere"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BYTES = sa.String().with_variant(sa.String(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "catalog_change",
        sa.Column("id", KEY, autoincrement=True, nullable=False),
        sa.Column("version", KEY, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("key", KEY, nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "kind IN ('product', 'store', 'category', 'everything')",
            name=op.f("ck_catalog_change_kind_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_change")),
    )
    op.create_index(op.f("ix_catalog_change_version"), "catalog_change", ["version"])
    op.create_table(
        "search_synonym",
        sa.Column("id", KEY, autoincrement=True, nullable=False),
        sa.Column("uid", BYTES, nullable=False),
        sa.Column("word", BYTES, nullable=False),
        sa.Column("other", BYTES, nullable=False),
        sa.Column("shown", sa.String(length=200), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint("word < other", name=op.f("ck_search_synonym_in_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_synonym")),
        sa.UniqueConstraint("uid", name=op.f("uq_search_synonym_uid")),
        sa.UniqueConstraint("word", "other", name=op.f("uq_search_synonym_word_other")),
    )
    # Added in place: other migrations rebuild this table, and here nothing else changes.
    op.add_column("product", sa.Column("other_names", JSON, server_default="[]", nullable=False))
