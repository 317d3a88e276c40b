"""Ledgers that could be changed: their triggers are gone, asleep, or do less than they did."""

# ruff: noqa: S608 - the SQL of tests is made of their own constants

from tests.check.planting import Fault, schema_fault

LETS_PASS = "RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$"


def _made_anew(name: str, made: str, table: str = "") -> Fault:
    """The trigger ``name`` of the same name, with another text."""
    place = f" ON {table}" if table else ""
    return schema_fault(f"DROP TRIGGER {name}{place}", f"CREATE TRIGGER {name} {made}")


FAULTS: dict[str, tuple[Fault, ...]] = {
    "the ledgers refuse to be changed (SQLite)": (
        schema_fault("DROP TRIGGER stock_movement_no_update"),
        schema_fault("DROP TRIGGER audit_event_no_delete"),
        _made_anew(
            "stock_movement_no_update", "BEFORE UPDATE ON stock_movement BEGIN SELECT 1; END"
        ),
        _made_anew(
            "order_event_no_update",
            "BEFORE UPDATE ON order_event WHEN NEW.at <> OLD.at "
            "BEGIN SELECT RAISE(ABORT, 'order_event is insert-only'); END",
        ),
        _made_anew(
            "payment_event_no_delete",
            "BEFORE DELETE ON payment WHEN OLD.id < 0 "
            "BEGIN SELECT RAISE(ABORT, 'payment_event is insert-only'); END",
        ),
    ),
    "the ledgers refuse to be changed (PostgreSQL)": (
        schema_fault("ALTER TABLE payment_event DISABLE TRIGGER payment_event_insert_only"),
        schema_fault("DROP TRIGGER order_event_insert_only ON order_event"),
        schema_fault("ALTER TABLE audit_event ENABLE REPLICA TRIGGER audit_event_insert_only"),
        schema_fault("DROP TRIGGER lot_movement_no_truncate ON lot_movement"),
        schema_fault("SET LOCAL session_replication_role = replica"),
        schema_fault(f"CREATE OR REPLACE FUNCTION refuse_change() {LETS_PASS}"),
        schema_fault(
            f"CREATE FUNCTION let_pass() {LETS_PASS}",
            "DROP TRIGGER audit_seal_insert_only ON audit_seal",
            "CREATE TRIGGER audit_seal_insert_only BEFORE UPDATE OR DELETE ON audit_seal "
            "FOR EACH ROW EXECUTE FUNCTION let_pass()",
        ),
        _made_anew(
            "stock_movement_insert_only",
            "BEFORE UPDATE OF reason OR DELETE ON stock_movement FOR EACH ROW "
            "EXECUTE FUNCTION refuse_change()",
            "stock_movement",
        ),
        _made_anew(
            "stock_movement_insert_only",
            "BEFORE DELETE ON stock_movement FOR EACH ROW EXECUTE FUNCTION refuse_change()",
            "stock_movement",
        ),
        _made_anew(
            "order_event_insert_only",
            "BEFORE UPDATE OR DELETE ON order_event FOR EACH ROW WHEN (OLD.id < 0) "
            "EXECUTE FUNCTION refuse_change_but_blanking()",
            "order_event",
        ),
    ),
}
