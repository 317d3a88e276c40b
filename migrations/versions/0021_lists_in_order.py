"""Lists are found in their whole order, the list of everything without a look at its products"""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

TABLE = "product"
# By index: what it had before its last column, and what it has instead of that.
INDEXES = {
    "ix_product_everything": (("status", "sort_key"), ("slug", "store_id")),
    "ix_product_shelf": (("status", "category_id", "sort_key"), ("slug",)),
    "ix_product_price": (("status", "price_minor"), ("slug",)),
    "ix_product_new": (("status", "published_at"), ("slug",)),
}


def upgrade() -> None:
    for name, (first, last) in INDEXES.items():
        _replace_by(name, *first, *last)


def downgrade() -> None:
    for name, (first, _last) in INDEXES.items():
        _replace_by(name, *first, "id")


def _replace_by(name: str, *columns: str) -> None:
    op.drop_index(name, TABLE)
    op.create_index(name, TABLE, columns)
