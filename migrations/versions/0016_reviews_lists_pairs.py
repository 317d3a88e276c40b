"""Reviews, favourites and shopping lists, and what is bought together"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BYTES = sa.String().with_variant(sa.String(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("product", sa.Column("review_count", KEY, nullable=False, server_default="0"))
    # Written out: so the table need not be made anew for a CHECK.
    kind = "BIGINT" if op.get_context().dialect.name == "postgresql" else "INTEGER"
    op.execute(
        f"ALTER TABLE product ADD COLUMN stars_sum {kind} DEFAULT 0 NOT NULL "
        "CONSTRAINT ck_product_stars_in_range "
        "CHECK (stars_sum >= review_count AND stars_sum <= review_count * 5)"
    )
    _reviews()
    _lists()
    _pairs()


def _key() -> sa.Column[int]:
    return sa.Column("id", KEY, autoincrement=True, nullable=False)


def _keyed(table: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}"))


def _link(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))


def _one(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{'_'.join(columns)}"))


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _index(table: str, *columns: str) -> None:
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns))


def _reviews() -> None:
    op.create_table(
        "review",
        _key(),
        sa.Column("uid", BYTES, nullable=False),
        sa.Column("account_id", KEY, nullable=False),
        sa.Column("product_id", KEY, nullable=False),
        sa.Column("author", sa.String(length=40), nullable=False),
        sa.Column("stars", KEY, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("version", KEY, nullable=False),
        sa.Column("written_at", MOMENT, nullable=False),
        _check("review", "status_known", "status IN ('waiting', 'shown', 'refused', 'hidden')"),
        _check("review", "one_to_five", "stars >= 1 AND stars <= 5"),
        _check("review", "answered_once", "(answer = '') = (answered_at IS NULL)"),
        _link("review", "account_id", "account"),
        _link("review", "product_id", "product"),
        _keyed("review"),
        _one("review", "uid"),
        _one("review", "account_id", "product_id"),
    )
    op.create_index("ix_review_of_product", "review", ["product_id", "status", "id"])
    op.create_index("ix_review_by_status", "review", ["status", "id"])
    op.create_table(
        "review_event",
        _key(),
        sa.Column("review_id", KEY, nullable=False),
        sa.Column("from_status", sa.String(length=20), nullable=True),
        sa.Column("to_status", sa.String(length=20), nullable=False),
        sa.Column("actor_id", KEY, nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        _link("review_event", "review_id", "review"),
        _link("review_event", "actor_id", "account"),
        _keyed("review_event"),
    )
    _index("review_event", "review_id")
    _index("review_event", "actor_id")
    op.create_table(
        "review_report",
        _key(),
        sa.Column("review_id", KEY, nullable=False),
        sa.Column("account_id", KEY, nullable=False),
        sa.Column("complaint", sa.String(length=20), nullable=False),
        sa.Column("handled_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        _check(
            "review_report",
            "complaint_known",
            "complaint IN ('offensive', 'private', 'untrue', 'advertising')",
        ),
        _link("review_report", "review_id", "review"),
        _link("review_report", "account_id", "account"),
        _keyed("review_report"),
        _one("review_report", "review_id", "account_id"),
    )
    _index("review_report", "account_id")


def _lists() -> None:
    op.create_table(
        "favourite",
        _key(),
        sa.Column("account_id", KEY, nullable=False),
        sa.Column("product_id", KEY, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        _link("favourite", "account_id", "account"),
        _link("favourite", "product_id", "product"),
        _keyed("favourite"),
        _one("favourite", "account_id", "product_id"),
    )
    _index("favourite", "product_id")
    op.create_table(
        "shopping_list",
        _key(),
        sa.Column("uid", BYTES, nullable=False),
        sa.Column("account_id", KEY, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("version", KEY, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        _link("shopping_list", "account_id", "account"),
        _keyed("shopping_list"),
        _one("shopping_list", "uid"),
        _one("shopping_list", "account_id", "name"),
    )
    op.create_table(
        "list_line",
        _key(),
        sa.Column("list_id", KEY, nullable=False),
        sa.Column("product_id", KEY, nullable=False),
        sa.Column("quantity", KEY, nullable=False),
        sa.Column("added_by", KEY, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        _check("list_line", "quantity_positive", "quantity > 0"),
        _link("list_line", "list_id", "shopping_list"),
        _link("list_line", "product_id", "product"),
        _link("list_line", "added_by", "account"),
        _keyed("list_line"),
        _one("list_line", "list_id", "product_id"),
    )
    _index("list_line", "product_id")
    _index("list_line", "added_by")
    op.create_table(
        "list_link",
        _key(),
        sa.Column("uid", BYTES, nullable=False),
        sa.Column("list_id", KEY, nullable=False),
        sa.Column("may", sa.String(length=4), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT, nullable=True),
        _check("list_link", "may_known", "may IN ('read', 'edit')"),
        _link("list_link", "list_id", "shopping_list"),
        _keyed("list_link"),
        _one("list_link", "uid"),
        _one("list_link", "token_hash"),
    )
    _index("list_link", "list_id")


def _pairs() -> None:
    op.create_table(
        "product_pair",
        _key(),
        sa.Column("product_id", KEY, nullable=False),
        sa.Column("other_id", KEY, nullable=False),
        sa.Column("customers", KEY, nullable=False),
        sa.Column("counted_at", MOMENT, nullable=False),
        _check("product_pair", "of_two", "product_id <> other_id"),
        _check("product_pair", "shows_nobody", "customers >= 5"),
        _link("product_pair", "product_id", "product"),
        _link("product_pair", "other_id", "product"),
        _keyed("product_pair"),
        _one("product_pair", "product_id", "other_id"),
    )
    op.create_index("ix_product_pair_best", "product_pair", ["product_id", "customers", "other_id"])
    _index("product_pair", "other_id")
