"""The chain of migrations, the schema it makes, and the constraints behind the invariants."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import (
    Column,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    delete,
    insert,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError, IntegrityError

from kirana.platform import db, migrations
from kirana.platform.audit import AuditEvent
from kirana.platform.config import Settings
from kirana.platform.tables import Model
from kirana.schema import metadata
from tests.machinery.databases import SECRET, Database


def test_from_empty_to_head_and_no_difference(blank_database: Database, tmp_path: object) -> None:
    db.configure(Settings(env="test", secret=SECRET, database_url=blank_database.url))
    assert not migrations.is_current()
    assert migrations.upgrade() == migrations.head()
    assert migrations.upgrade() == migrations.head()
    assert migrations.is_current()
    assert migrations.differences(metadata) == []


@pytest.mark.usefixtures("database")
def test_a_difference_between_models_and_schema_is_seen() -> None:
    with db.transaction() as connection:
        connection.execute(text("ALTER TABLE store ADD COLUMN forgotten INTEGER"))
    try:
        assert len(migrations.differences(metadata)) == 1
    finally:
        with db.transaction() as connection:
            connection.execute(text("ALTER TABLE store DROP COLUMN forgotten"))


@pytest.mark.usefixtures("database")
def test_a_migration_that_loses_rows_is_rolled_back(monkeypatch: pytest.MonkeyPatch) -> None:
    with db.transaction() as connection:
        connection.execute(text("DELETE FROM catalog_version"))
        connection.execute(text("INSERT INTO catalog_version (id, version) VALUES (1, 7)"))
    monkeypatch.setattr(migrations, "head", lambda: "later")
    monkeypatch.setattr(
        migrations.command, "upgrade", lambda config, _to: _lose(config.attributes["connection"])
    )
    with pytest.raises(migrations.RowsLost, match="catalog_version"):
        migrations.upgrade()
    with db.reading() as connection:
        assert connection.execute(text("SELECT version FROM catalog_version")).scalar() == 7


def _lose(connection: object) -> None:
    connection.execute(text("DELETE FROM catalog_version"))  # type: ignore[attr-defined]


@pytest.mark.usefixtures("database")
def test_ledgers_are_insert_only() -> None:
    with db.transaction() as connection:
        connection.execute(
            insert(AuditEvent).values(
                at=datetime.now(UTC), action="x", object_kind="y", object_key="z"
            )
        )
    for change in (update(AuditEvent).values(action="other"), delete(AuditEvent)):
        with pytest.raises(DBAPIError, match="insert-only"), db.transaction() as connection:
            connection.execute(change)


@pytest.mark.usefixtures("database")
def test_no_ledger_is_emptied_or_replaced_at_once(database_kind: str) -> None:
    with db.transaction() as connection:
        row = {"at": datetime.now(UTC), "action": "x", "object_kind": "y", "object_key": "z"}
        connection.execute(insert(AuditEvent).values(row))
    way = {
        "postgresql": "TRUNCATE audit_event",
        "sqlite": "REPLACE INTO audit_event SELECT * FROM audit_event",
    }[database_kind]
    with pytest.raises(DBAPIError, match="insert-only"), db.transaction() as connection:
        connection.execute(text(way))


ACCOUNT = (
    "INSERT INTO account (id, uid, email, name, password_hash, role, status, token_version, "
    "locale, zone, wants_report, created_at) VALUES "
    "(1, 'u', 'e', 'n', 'h', '{role}', '{status}', 1, 'l', 'z', true, '2026-01-01 00:00:00+00')"
)
LEVEL = (
    "INSERT INTO stock_level (product_id, on_hand, reserved, low_at, version) "
    "VALUES (1, {on_hand}, {reserved}, 0, 1)"
)
BAD_ROWS = {
    "a level below zero": LEVEL.format(on_hand=-1, reserved=0),
    "more reserved than there is": LEVEL.format(on_hand=2, reserved=3),
    "an unknown role": ACCOUNT.format(role="owner", status="active"),
    "a customer who waits for approval": ACCOUNT.format(role="customer", status="pending"),
    "a second catalogue version": "INSERT INTO catalog_version VALUES (2, 1)",
    "a group without its cart": (
        "INSERT INTO order_group VALUES (1, 'u', 1, 99, 5, 'INR', 'n', 'p', 's', 'c', 'p', '', "
        "'2026-01-01 00:00:00+00')"
    ),
}


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("statement", BAD_ROWS.values(), ids=BAD_ROWS.keys())
def test_the_database_refuses(statement: str) -> None:
    with pytest.raises(IntegrityError), db.transaction() as connection:
        connection.execute(text(statement))


def test_every_foreign_key_that_is_looked_up_has_an_index() -> None:
    """A link column is the first of some index, key or unique constraint, or is never searched."""
    unindexed = {
        f"{table.name}.{column.name}"
        for table in Model.metadata.tables.values()
        for column in table.columns
        if column.foreign_keys and not _leads_an_index(table, column)
    }
    assert unindexed == NEVER_SEARCHED


NEVER_SEARCHED = {
    "order_event.actor_id",
    "payment_event.actor_id",
    "stock_movement.actor_id",
}


def _leads_an_index(table: Table, column: Column[Any]) -> bool:
    groups = [list(index.columns) for index in table.indexes]
    groups += [
        list(constraint.columns)
        for constraint in table.constraints
        if isinstance(constraint, UniqueConstraint | PrimaryKeyConstraint)
    ]
    return any(group[0] is column for group in groups if group)
