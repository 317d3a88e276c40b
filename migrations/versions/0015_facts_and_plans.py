"""Facts about products, families of sizes, planned prices and publishing, inherited colours"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BYTES = sa.String().with_variant(sa.String(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    _facts()
    _publish_at()
    _own_well()
    _planned_price()


def _facts() -> None:
    for name, kind, empty in (
        ("family", BYTES, ""),
        ("ingredients", sa.Text(), ""),
        ("allergens", JSON, "[]"),
        ("may_contain", JSON, "[]"),
        ("nutrition", JSON, "{}"),
    ):
        op.add_column("product", sa.Column(name, kind, nullable=False, server_default=empty))
    # Written out: the table is too large, and too much refers to it, to be made anew for a CHECK.
    op.execute(
        f"ALTER TABLE product ADD COLUMN best_before_days {_integer()} "
        "CONSTRAINT ck_product_best_before_days_positive CHECK (best_before_days > 0)"
    )
    _some("ix_product_family", "product", ["store_id", "family"], "family <> ''")


def _integer() -> str:
    return "BIGINT" if op.get_bind().dialect.name == "postgresql" else "INTEGER"


def _publish_at() -> None:
    is_new = op.get_bind().dialect.name == "postgresql"
    kind = "TIMESTAMP WITH TIME ZONE" if is_new else "DATETIME"
    op.execute(
        f"ALTER TABLE product ADD COLUMN publish_at {kind} "
        "CONSTRAINT ck_product_publish_at_of_unseen "
        "CHECK (publish_at IS NULL OR status IN ('draft', 'hidden'))"
    )
    _some("ix_product_publish_at", "product", ["publish_at"], "publish_at IS NOT NULL")


def _own_well() -> None:
    """Shelves in the colour of the category above them go on following it."""
    op.execute(
        "ALTER TABLE category ADD COLUMN own_well BOOLEAN NOT NULL DEFAULT true "
        "CONSTRAINT ck_category_department_has_a_well CHECK (parent_id IS NOT NULL OR own_well)"
    )
    op.execute(
        "UPDATE category SET own_well = false WHERE parent_id IS NOT NULL AND well = "
        "(SELECT above.well FROM category above WHERE above.id = category.parent_id)"
    )


def _planned_price() -> None:
    op.create_table(
        "planned_price",
        sa.Column("id", KEY, autoincrement=True, nullable=False),
        sa.Column("uid", BYTES, nullable=False),
        sa.Column("product_id", KEY, nullable=False),
        sa.Column("amount_minor", KEY, nullable=False),
        sa.Column("was_minor", KEY, nullable=True),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("price_id", KEY, nullable=True),
        sa.Column("planned_by", KEY, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "status IN ('planned', 'applied', 'cancelled')",
            name=op.f("ck_planned_price_status_known"),
        ),
        sa.CheckConstraint(
            "amount_minor > 0 AND amount_minor <= 1000000000000",
            name=op.f("ck_planned_price_amount_in_range"),
        ),
        sa.CheckConstraint(
            "was_minor IS NULL OR was_minor > amount_minor", name=op.f("ck_planned_price_is_a_cut")
        ),
        sa.CheckConstraint(
            "(status = 'planned') = (ended_at IS NULL)", name=op.f("ck_planned_price_ends_once")
        ),
        sa.CheckConstraint(
            "status <> 'applied' OR ended_at >= due_at", name=op.f("ck_planned_price_never_early")
        ),
        sa.ForeignKeyConstraint(
            ["planned_by"], ["account.id"], name=op.f("fk_planned_price_planned_by_account")
        ),
        sa.ForeignKeyConstraint(
            ["price_id"], ["price.id"], name=op.f("fk_planned_price_price_id_price")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_planned_price_product_id_product")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_planned_price")),
        sa.UniqueConstraint("price_id", name=op.f("uq_planned_price_price_id")),
        sa.UniqueConstraint("uid", name=op.f("uq_planned_price_uid")),
    )
    op.create_index(op.f("ix_planned_price_planned_by"), "planned_price", ["planned_by"])
    op.create_index("ix_planned_price_of_product", "planned_price", ["product_id", "id"])
    is_planned = "status = 'planned'"
    moment = ["product_id", "due_at"]
    _some("uq_planned_price_moment", "planned_price", moment, is_planned, unique=True)
    _some("ix_planned_price_due", "planned_price", ["due_at"], is_planned)


def _some(name: str, table: str, fields: list[str], condition: str, unique: bool = False) -> None:
    only = sa.text(condition)
    op.create_index(name, table, fields, unique=unique, sqlite_where=only, postgresql_where=only)
