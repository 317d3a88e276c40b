"""Baskets that guests left behind are found by their age"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

INDEX = "ix_cart_of_guests"


def upgrade() -> None:
    of_guest = sa.text("guest_hash IS NOT NULL")
    op.create_index(INDEX, "cart", ["updated_at"], sqlite_where=of_guest, postgresql_where=of_guest)


def downgrade() -> None:
    op.drop_index(INDEX, "cart")
