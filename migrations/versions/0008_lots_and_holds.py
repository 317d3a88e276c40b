"""Lots, holds, and the causes of a movement"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BYTES = sa.String().with_variant(sa.String(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column(
        "stock_level",
        sa.Column("tracks_lots", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    # Written out: a table with insert-only triggers is not to be made anew for a CHECK.
    op.execute(
        "ALTER TABLE stock_movement ADD COLUMN transfer_uid VARCHAR(40) "
        "CONSTRAINT ck_stock_movement_transferred_by_one "
        "CHECK ((kind = 'transferred') = (transfer_uid IS NOT NULL))"
    )
    op.execute(
        "ALTER TABLE stock_movement ADD COLUMN reason_code VARCHAR(20) "
        "CONSTRAINT ck_stock_movement_reason_code_known "
        "CHECK (reason_code IS NULL OR kind = 'wasted' AND reason_code IN "
        "('expired', 'spoilt', 'damaged', 'lost', 'sample', 'other'))"
    )
    op.create_index(
        "uq_stock_movement_transfer_uid",
        "stock_movement",
        ["transfer_uid", "product_id"],
        unique=True,
    )
    _lot()
    _lot_movement()
    _reservation()
    _guard("lot_movement")


def _lot() -> None:
    op.create_table(
        "lot",
        sa.Column("id", KEY, autoincrement=True, nullable=False),
        sa.Column("uid", BYTES, nullable=False),
        sa.Column("product_id", KEY, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("best_before", sa.Date(), nullable=True),
        sa.Column("sold_until", MOMENT, nullable=True),
        sa.Column("on_hand", KEY, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.CheckConstraint("on_hand >= 0", name=op.f("ck_lot_never_below_zero")),
        sa.CheckConstraint(
            "(best_before IS NULL) = (sold_until IS NULL)", name=op.f("ck_lot_dated_or_not")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_lot_product_id_product")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot")),
        sa.UniqueConstraint("product_id", "code", name=op.f("uq_lot_product_id_code")),
        sa.UniqueConstraint("uid", name=op.f("uq_lot_uid")),
    )
    op.create_index("ix_lot_first_out", "lot", ["product_id", "sold_until", "id"])
    op.create_index("ix_lot_sold_until", "lot", ["sold_until"])


def _lot_movement() -> None:
    op.create_table(
        "lot_movement",
        sa.Column("id", KEY, autoincrement=True, nullable=False),
        sa.Column("movement_id", KEY, nullable=False),
        sa.Column("lot_id", KEY, nullable=False),
        sa.Column("delta", KEY, nullable=False),
        sa.Column("balance_after", KEY, nullable=False),
        sa.CheckConstraint("delta <> 0", name=op.f("ck_lot_movement_moves_something")),
        sa.CheckConstraint("balance_after >= 0", name=op.f("ck_lot_movement_never_below_zero")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_lot_movement_lot_id_lot")),
        sa.ForeignKeyConstraint(
            ["movement_id"],
            ["stock_movement.id"],
            name=op.f("fk_lot_movement_movement_id_stock_movement"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot_movement")),
        sa.UniqueConstraint(
            "movement_id", "lot_id", name=op.f("uq_lot_movement_movement_id_lot_id")
        ),
    )
    op.create_index(op.f("ix_lot_movement_lot_id"), "lot_movement", ["lot_id"])


def _reservation() -> None:
    op.create_table(
        "reservation",
        sa.Column("id", KEY, autoincrement=True, nullable=False),
        sa.Column("product_id", KEY, nullable=False),
        sa.Column("cart_id", KEY, nullable=False),
        sa.Column("quantity", KEY, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_reservation_quantity_positive")),
        sa.ForeignKeyConstraint(["cart_id"], ["cart.id"], name=op.f("fk_reservation_cart_id_cart")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_reservation_product_id_product")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reservation")),
        sa.UniqueConstraint(
            "product_id", "cart_id", name=op.f("uq_reservation_product_id_cart_id")
        ),
    )
    for column in ("cart_id", "expires_at"):
        op.create_index(op.f(f"ix_reservation_{column}"), "reservation", [column])


def _guard(ledger: str) -> None:
    """Insert-only, by triggers."""
    if op.get_bind().dialect.name == "postgresql":
        for name, deed, each in (
            ("insert_only", "UPDATE OR DELETE", "ROW"),
            ("no_truncate", "TRUNCATE", "STATEMENT"),
        ):
            op.execute(
                f"CREATE TRIGGER {ledger}_{name} BEFORE {deed} ON {ledger} "
                f"FOR EACH {each} EXECUTE FUNCTION refuse_change()"
            )
        return
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {ledger}_no_{change.lower()} BEFORE {change} ON {ledger} "
            f"BEGIN SELECT RAISE(ABORT, '{ledger} is insert-only'); END"
        )
