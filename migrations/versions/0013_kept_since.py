"""Baskets: since when goods are kept for them"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cart", sa.Column("kept_since", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("cart", "kept_since")
