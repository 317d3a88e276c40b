"""Apostrophes are no spaces within words; diets stand in one case"""

import sqlalchemy as sa
from alembic import op

from kirana.platform.words import folded

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

PRODUCT = sa.table(
    "product",
    sa.column("id", sa.Integer), sa.column("title"), sa.column("brand"), sa.column("sort_key"),
    sa.column("search_text"), sa.column("other_names", sa.JSON), sa.column("diet", sa.JSON),
)  # fmt: skip


def upgrade() -> None:
    of = PRODUCT.c
    written = [sa.cast(column, sa.Text) for column in (of.title, of.brand, of.other_names)]
    diet = sa.cast(of.diet, sa.Text)
    meant = sa.or_(sa.func.lower(diet) != diet, *(text.like("%'%") for text in written))
    connection = op.get_bind()
    for row in connection.execute(sa.select(PRODUCT).where(meant)).all():
        words = " ".join((row.title, row.brand, *row.other_names))
        connection.execute(
            sa.update(PRODUCT)
            .where(of.id == row.id)
            .values(
                sort_key=folded(row.title),
                search_text=" " + folded(words),
                diet=list(dict.fromkeys(tag.lower() for tag in row.diet)),
            )
        )


def downgrade() -> None:
    """The words go on being found; what the case was nobody knows."""
