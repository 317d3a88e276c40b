"""Changing rows behind the back of every constraint and trigger, and undoing all of it."""

# ruff: noqa: S608 - the SQL of tests is made of their own constants

import contextlib
import re
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, text

from kirana.platform import db
from kirana.platform.db import verb
from kirana.platform.engines import begin_to_write

_UNIQUE = re.compile(r",\s*CONSTRAINT uq_\w+ UNIQUE \([^)]*\)")


@verb
def forget_checks(connection: Connection) -> None:
    """PostgreSQL loses its CHECKs for good; on SQLite they are switched off when it is time."""
    if connection.dialect.name == "postgresql":
        _drop(connection, "contype = 'c'")


@contextlib.contextmanager
def unguarded(loosened: Sequence[str] = ()) -> Iterator[Connection]:
    """A transaction without CHECKs (see ``forget_checks``), rolled back at its end.

    On SQLite foreign keys are off too, on PostgreSQL while the ledgers are open. The unique
    constraints of the ``loosened`` tables are gone.
    """
    with db.engine().connect() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        driver: Any = connection.connection.dbapi_connection
        if is_sqlite:
            _guard(driver, on=False)
        try:
            with begin_to_write(connection) as change:
                (_loosen_sqlite if is_sqlite else _loosen_postgresql)(connection, loosened)
                yield connection
                change.rollback()
        finally:
            if is_sqlite:
                _guard(driver, on=True)


@contextlib.contextmanager
def ledgers_open(connection: Connection) -> Iterator[None]:
    """The triggers of the ledgers sleep meanwhile."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        yield
        connection.execute(text("SET LOCAL session_replication_role = origin"))
        return
    find = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    triggers = connection.execute(find).all()
    for name, _ in triggers:
        connection.execute(text(f"DROP TRIGGER {name}"))
    yield
    for _, sql in triggers:
        connection.exec_driver_sql(sql)


def _guard(driver: Any, on: bool) -> None:
    driver.execute(f"PRAGMA foreign_keys={'ON' if on else 'OFF'}")
    driver.execute(f"PRAGMA ignore_check_constraints={'OFF' if on else 'ON'}")


def _loosen_postgresql(connection: Connection, loosened: Sequence[str]) -> None:
    if loosened:
        _drop(connection, "contype = 'u' AND relname = ANY(:tables)", tables=list(loosened))


def _drop(connection: Connection, wanted: str, **values: Any) -> None:
    found = text(
        "SELECT CAST(conrelid::regclass AS text), conname FROM pg_constraint "
        "JOIN pg_class ON pg_class.oid = conrelid "
        f"WHERE connamespace = 'public'::regnamespace AND {wanted}"
    )
    for table, name in connection.execute(found, values).all():
        connection.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT {name}"))


def _loosen_sqlite(connection: Connection, loosened: Sequence[str]) -> None:
    """A table's constraints go only with the table; its triggers are made again."""
    for table in loosened:
        find = text(
            "SELECT type, sql FROM sqlite_master WHERE tbl_name = :name AND sql IS NOT NULL"
        )
        parts = connection.execute(find, {"name": table}).all()
        [made] = [sql for kind, sql in parts if kind == "table"]
        head, _, columns = made.partition("(")
        loose = _UNIQUE.sub("", columns)
        assert loose != columns, head
        for sql in (
            f"CREATE TABLE loose ({loose}",
            f'INSERT INTO loose SELECT * FROM "{table}"',
            f'DROP TABLE "{table}"',
            f'ALTER TABLE loose RENAME TO "{table}"',
            *(sql for kind, sql in parts if kind == "trigger"),
        ):
            connection.exec_driver_sql(sql)
