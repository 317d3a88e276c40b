"""INSERT … ON CONFLICT DO NOTHING, which both databases have and SQLAlchemy's Core has not."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, literal
from sqlalchemy.dialects import postgresql, sqlite

from kirana.platform.db import Model

_INSERTS = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def insert_ignoring(connection: Connection, table: type[Model], **values: Any) -> bool:
    """INSERT … ON CONFLICT DO NOTHING; True if the row is new. Waits for a rival's transaction."""
    return connection.execute(_insert(connection, table, None), values).first() is not None


def insert_unless_taken(connection: Connection, table: Any, **values: Any) -> int | None:
    """INSERT … ON CONFLICT DO NOTHING; the new row's id, None if a unique value was taken."""
    statement = _insert(connection, table, table.id)
    found: int | None = connection.execute(statement, values).scalar_one_or_none()
    return found


def insert_new(
    connection: Connection, table: Any, rows: Sequence[Mapping[str, Any]], *told: Any
) -> Sequence[Any]:
    """INSERT … ON CONFLICT DO NOTHING RETURNING ``told``, of the rows that are new.

    A value may be an expression of SQL, so they are part of the statement.
    """
    # One row as itself: only then is the compiled statement kept.
    values = rows[0] if len(rows) == 1 else rows
    insert: Any = _INSERTS[connection.dialect.name](table.__table__)
    insert = insert.values(values)
    return connection.execute(insert.on_conflict_do_nothing().returning(*told)).all()


def _insert(connection: Connection, table: Any, returned: Any) -> Any:
    # Values come apart from the statement: inside it each adds to its key in the cache, which costs
    # more than sending it.
    insert: Any = _INSERTS[connection.dialect.name](table.__table__)
    return insert.on_conflict_do_nothing().returning(literal(1) if returned is None else returned)
