"""Statement 2: what is written in a ledger stays written, because a trigger refuses its change.

A trigger counts only with the very text that the migrations gave it: one of the same name that
does nothing, does it for some columns only or sleeps would let the ledger be changed unseen.
"""

from collections.abc import Iterator

from kirana.check.rule import Rule

LEDGERS = (
    "stock_movement", "lot_movement", "payment_event", "audit_event", "order_event", "audit_seal",
)  # fmt: skip
# Of an order's history the reason may be blanked, when the person is erased.
_BLANKED = "order_event"
_ONLY_BLANKED = (
    "NEW.reason = '' AND NEW.id = OLD.id AND NEW.order_id = OLD.order_id "
    "AND NEW.from_status {same} OLD.from_status AND NEW.to_status = OLD.to_status "
    "AND NEW.actor_id {same} OLD.actor_id AND NEW.at = OLD.at"
)
_RAISE = (
    "RAISE EXCEPTION '% is insert-only', TG_TABLE_NAME "
    "USING ERRCODE = 'integrity_constraint_violation'; END "
)
_REFUSE = f" BEGIN {_RAISE}"
_REFUSE_BUT_BLANKING = (
    f" BEGIN IF TG_OP = 'UPDATE' AND {_ONLY_BLANKED.format(same='IS NOT DISTINCT FROM')} "
    f"THEN RETURN NEW; END IF; {_RAISE}"
)
# pg_trigger.tgtype: before each row of an update or delete, and before a truncate.
_EACH_ROW, _TRUNCATE = 1 + 2 + 8 + 16, 2 + 32


def _sqlite_triggers() -> Iterator[str]:
    """Each as a SELECT of its name and text."""
    for ledger in LEDGERS:
        for deed in ("update", "delete"):
            is_open = ledger == _BLANKED and deed == "update"
            when = f"WHEN NOT ({_ONLY_BLANKED.format(same='IS')}) " if is_open else ""
            made = (
                f"CREATE TRIGGER {ledger}_no_{deed} BEFORE {deed.upper()} ON {ledger} "
                f"{when}BEGIN SELECT RAISE(ABORT, '{ledger} is insert-only'); END"
            )
            yield f"SELECT '{ledger}_no_{deed}' AS name, {_quoted(made)} AS made"


def _postgresql_triggers() -> Iterator[str]:
    """Each as a SELECT of its name, its ledger, the deeds it refuses and its function's body."""
    for ledger in LEDGERS:
        body = _REFUSE_BUT_BLANKING if ledger == _BLANKED else _REFUSE
        for name, deeds, refusal in (
            ("insert_only", _EACH_ROW, body),
            ("no_truncate", _TRUNCATE, _REFUSE),
        ):
            yield (
                f"SELECT '{ledger}_{name}' AS name, '{ledger}' AS ledger, {deeds} AS deeds, "
                f"{_quoted(refusal)} AS body"
            )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


RULES = (
    Rule(
        2,
        "the ledgers refuse to be changed (SQLite)",
        f"""
        SELECT wanted.name AS missing FROM ({" UNION ALL ".join(_sqlite_triggers())}) AS wanted
        LEFT JOIN sqlite_master m
          ON m.type = 'trigger' AND m.name = wanted.name AND m.sql = wanted.made
        WHERE m.name IS NULL
        """,  # noqa: S608 - constants of this module
        only_on="sqlite",
    ),
    # A session that plays the replica wakes only what is enabled always.
    Rule(
        2,
        "the ledgers refuse to be changed (PostgreSQL)",
        f"""
        SELECT wanted.name AS missing FROM ({" UNION ALL ".join(_postgresql_triggers())}) AS wanted
        LEFT JOIN (
          SELECT t.tgname, c.relname, t.tgtype, f.prosrc FROM pg_trigger t
          JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc f ON f.oid = t.tgfoid
          JOIN pg_language l ON l.oid = f.prolang AND l.lanname = 'plpgsql'
          WHERE t.tgqual IS NULL AND CAST(t.tgattr AS TEXT) = '' AND pg_table_is_visible(c.oid)
            AND t.tgenabled IN ('O', 'A')
            AND (t.tgenabled = 'A' OR current_setting('session_replication_role') <> 'replica')
        ) AS awake ON awake.tgname = wanted.name AND awake.relname = wanted.ledger
                  AND awake.tgtype = wanted.deeds AND awake.prosrc = wanted.body
        WHERE awake.tgname IS NULL
        """,  # noqa: S608 - constants of this module
        only_on="postgresql",
    ),
)
