"""The seals of the audit log; when an account is to be erased; texts of orders that may be blanked"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0004"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# What an update of a row of order_event must leave as it is, and what it may set.
ONLY_BLANKED = (
    "NEW.reason = '' AND NEW.id = OLD.id AND NEW.order_id = OLD.order_id "
    "AND NEW.from_status {same} OLD.from_status AND NEW.to_status = OLD.to_status "
    "AND NEW.actor_id {same} OLD.actor_id AND NEW.at = OLD.at"
)


def upgrade() -> None:
    op.create_table(
        "audit_seal",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("first_id", KEY, nullable=False),
        sa.Column("last_id", KEY, nullable=False),
        sa.Column("entries", KEY, nullable=False),
        sa.Column("marks", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "0 < first_id AND first_id <= last_id", name=op.f("ck_audit_seal_in_order")
        ),
        sa.CheckConstraint("entries > 0", name=op.f("ck_audit_seal_seals_something")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_seal")),
    )
    op.add_column("account", sa.Column("erase_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(op.f("ix_account_erase_at"), "account", ["erase_at"])
    for name in ("at", "request_id"):
        op.create_index(op.f(f"ix_audit_event_{name}"), "audit_event", [name])
    if op.get_bind().dialect.name == "postgresql":
        _guard_postgresql()
    else:
        _guard_sqlite()


def _guard_postgresql() -> None:
    for ledger in ("stock_movement", "payment_event", "audit_event", "order_event", "audit_seal"):
        op.execute(
            f"CREATE TRIGGER {ledger}_no_truncate BEFORE TRUNCATE ON {ledger} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    op.execute(
        "CREATE TRIGGER audit_seal_insert_only BEFORE UPDATE OR DELETE ON audit_seal "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    same = ONLY_BLANKED.format(same="IS NOT DISTINCT FROM")
    op.execute(
        "CREATE FUNCTION refuse_change_but_blanking() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF TG_OP = 'UPDATE' AND {same} THEN RETURN NEW; END IF; "
        "RAISE EXCEPTION '% is insert-only', TG_TABLE_NAME "
        "USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    op.execute("DROP TRIGGER order_event_insert_only ON order_event")
    op.execute(
        "CREATE TRIGGER order_event_insert_only BEFORE UPDATE OR DELETE ON order_event "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change_but_blanking()"
    )


def _guard_sqlite() -> None:
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_seal_no_{change.lower()} BEFORE {change} ON audit_seal "
            "BEGIN SELECT RAISE(ABORT, 'audit_seal is insert-only'); END"
        )
    same = ONLY_BLANKED.format(same="IS")
    op.execute("DROP TRIGGER order_event_no_update")
    op.execute(
        "CREATE TRIGGER order_event_no_update BEFORE UPDATE ON order_event "
        f"WHEN NOT ({same}) BEGIN SELECT RAISE(ABORT, 'order_event is insert-only'); END"
    )
