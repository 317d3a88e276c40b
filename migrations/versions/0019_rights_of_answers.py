"""A stored answer remembers the rights it was given under"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0019"
down_revision = "0017"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    with op.batch_alter_table("idempotency") as table:
        table.add_column(sa.Column("rights", JSON, nullable=False, server_default="[]"))
    # The answers of before are given as they were: they are forgotten within 72 hours.
    with op.batch_alter_table("idempotency") as table:
        table.alter_column("rights", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("idempotency") as table:
        table.drop_column("rights")
