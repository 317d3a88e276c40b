"""Incidents: what checks found"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0012"
down_revision = "0008"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BYTES = sa.String().with_variant(sa.String(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "incident",
        sa.Column("id", KEY, autoincrement=True, nullable=False),
        sa.Column("uid", BYTES, nullable=False),
        sa.Column("statement", KEY, nullable=False),
        sa.Column("rule", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("rows_found", KEY, nullable=False),
        sa.Column("rows", JSON, nullable=False),
        sa.Column("found_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("resolved_at", MOMENT, nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.CheckConstraint("status IN ('open', 'resolved')", name=op.f("ck_incident_status_known")),
        sa.CheckConstraint(
            "(status = 'resolved') = (resolved_at IS NOT NULL)", name=op.f("ck_incident_ends_once")
        ),
        sa.CheckConstraint("rows_found > 0", name=op.f("ck_incident_of_something")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
        sa.UniqueConstraint("uid", name=op.f("uq_incident_uid")),
    )
    is_open = sa.text("status = 'open'")
    op.create_index(
        "uq_incident_one_open",
        "incident",
        ["rule"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
    op.create_table(
        "incident_event",
        sa.Column("id", KEY, autoincrement=True, nullable=False),
        sa.Column("incident_id", KEY, nullable=False),
        sa.Column("from_status", sa.String(length=20), nullable=True),
        sa.Column("to_status", sa.String(length=20), nullable=False),
        sa.Column("actor_id", KEY, nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["account.id"], name=op.f("fk_incident_event_actor_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_incident_event_incident_id_incident")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_event")),
    )
    for column in ("actor_id", "incident_id"):
        op.create_index(op.f(f"ix_incident_event_{column}"), "incident_event", [column])
