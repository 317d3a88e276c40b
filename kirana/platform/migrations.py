"""Bringing the database to the newest schema. Forward only."""

import functools
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, func, inspect, select, table

from kirana.platform.db import reading, schema_change

FOLDER = Path(__file__).parents[2] / "migrations"


class RowsLost(Exception):
    """A migration lost rows or left rows that point nowhere; it was rolled back."""


def upgrade() -> str:
    """Migrate to the newest revision and return its name; safe when several processes try at once.

    Row counts and foreign keys are compared before it is committed. Raises RowsLost.
    Locks: all writers wait on SQLite; on PostgreSQL an advisory lock and what each step takes.
    """
    with schema_change() as connection:
        if current(connection) != head():
            before = _counts(connection)
            command.upgrade(_config(connection), "head")
            _compare(connection, before)
    return head()


def head() -> str:
    """The newest revision that this code knows."""
    return ScriptDirectory(str(FOLDER)).get_current_head() or ""


@functools.cache
def schema() -> str:
    """The newest revision, read from the files once."""
    return head()


def current(connection: Connection) -> str:
    """The revision that the database is at; empty for none."""
    return MigrationContext.configure(connection).get_current_revision() or ""


def is_current() -> bool:
    with reading() as connection:
        return current(connection) == head()


def differences(metadata: MetaData) -> list[object]:
    """What the models have and the schema has not, or the other way round; empty when equal."""
    with reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))


def write_revision(message: str) -> None:
    """For developers: draft the next revision from the difference between models and schema."""
    with schema_change() as connection:
        command.revision(_config(connection), message, autogenerate=True)


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config


def _counts(connection: Connection) -> dict[str, int]:
    names = inspect(connection).get_table_names()
    return {name: _count(connection, name) for name in names if name != "alembic_version"}


def _count(connection: Connection, name: str) -> int:
    return connection.execute(select(func.count()).select_from(table(name))).scalar_one()


def _compare(connection: Connection, before: dict[str, int]) -> None:
    after = _counts(connection)
    lost = {name: rows for name, rows in before.items() if after.get(name, rows) < rows}
    orphans = []
    if connection.dialect.name == "sqlite":
        orphans = list(connection.exec_driver_sql("PRAGMA foreign_key_check"))
    if lost or orphans:
        raise RowsLost(f"rows lost: {lost}; rows that point nowhere: {orphans[:5]}")
