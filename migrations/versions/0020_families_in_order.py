"""The sizes of a family are found in the order in which they are shown"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

NAME, TABLE = "ix_product_family", "product"
SOME = sa.text("family <> ''")


def upgrade() -> None:
    _replace_by("store_id", "family", "sort_key", "id")


def downgrade() -> None:
    _replace_by("store_id", "family")


def _replace_by(*columns: str) -> None:
    op.drop_index(NAME, TABLE)
    op.create_index(NAME, TABLE, columns, sqlite_where=SOME, postgresql_where=SOME)
