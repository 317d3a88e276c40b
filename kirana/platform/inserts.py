"""INSERTs made once for each table: making one costs more than sending it.

Also INSERT … ON CONFLICT DO NOTHING, which both databases have and SQLAlchemy's Core has not.
"""

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import ClauseElement, Connection, bindparam, insert, literal
from sqlalchemy.dialects import postgresql, sqlite

from kirana.platform.prepared import Prepared
from kirana.platform.tables import Base

_INSERTS: Mapping[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_ONE = literal(1)
# A statement is made for each number of rows up to this: few orders have more lines.
MOST_ROWS = 16


def insert_rows(
    connection: Connection, table: type[Base], rows: Sequence[Mapping[str, Any]]
) -> None:
    """INSERT plain values; every row names the same columns. Nothing for no rows."""
    if rows:
        _plain(table, *rows[0]).each(connection, rows)


def insert_one(
    connection: Connection, table: type[Base], values: Mapping[str, Any], *told: Any
) -> Any:
    """INSERT plain values; what is ``told`` of the new row."""
    return _telling(table, told, *values).one_or_none(connection, values)


def insert_all(
    connection: Connection, table: type[Base], rows: Sequence[Mapping[str, Any]], *told: Any
) -> Sequence[Any]:
    """INSERT plain values in one statement; what is ``told`` of each new row, in any order.

    Every row names all columns that have a value of ours by default.
    """
    return _in_one(connection, _returning(table, *told), rows)


def insert_ignoring(connection: Connection, table: type[Base], **values: Any) -> bool:
    """INSERT … ON CONFLICT DO NOTHING; True if the row is new. Waits for a rival's transaction."""
    statement = _ignoring(connection.dialect.name, table, (_ONE,), *values)
    return statement.one_or_none(connection, values) is not None


def insert_unless_taken(connection: Connection, table: Any, **values: Any) -> int | None:
    """INSERT … ON CONFLICT DO NOTHING; the new row's id, None if a unique value was taken."""
    statement = _ignoring(connection.dialect.name, table, (table.id,), *values)
    found: int | None = statement.scalar(connection, values)
    return found


def insert_new(
    connection: Connection, table: Any, rows: Sequence[Mapping[str, Any]], *told: Any
) -> Sequence[Any]:
    """INSERT … ON CONFLICT DO NOTHING RETURNING ``told``, of the rows that are new.

    A value of a single row may be an expression of SQL, the same one each time; several rows are
    as those of ``insert_all``.
    """
    dialect = connection.dialect.name
    if len(rows) > 1:
        return _in_one(connection, _ignored(dialect, table, *told), rows)
    given = rows[0].items()
    made = tuple((name, value) for name, value in given if isinstance(value, ClauseElement))
    named = [name for name in rows[0] if name not in dict(made)]
    return _ignoring(dialect, table, told, *named, made=made).all(connection, rows[0])


def _in_one(
    connection: Connection, statement: Any, rows: Sequence[Mapping[str, Any]]
) -> Sequence[Any]:
    if len(rows) > MOST_ROWS:
        return connection.execute(statement, rows).all()
    values = {f"{name}_{n}": row[name] for n, row in enumerate(rows) for name in row}
    return _of_so_many(statement, len(rows), *rows[0]).all(connection, values)


@cache
def _plain(table: type[Base], *named: str) -> Prepared:
    return Prepared(insert(table).inline(), named)


@cache
def _telling(table: type[Base], told: tuple[Any, ...], *named: str) -> Prepared:
    return Prepared(_returning(table, *told), named)


@cache
def _returning(table: type[Base], *told: Any) -> Any:
    return insert(table).returning(*told)


@lru_cache(maxsize=128)
def _of_so_many(statement: Any, count: int, *named: str) -> Prepared:
    kinds = [(name, statement.table.c[name].type) for name in named]
    rows: list[dict[str, Any]] = [
        {name: bindparam(f"{name}_{n}", type_=kind) for name, kind in kinds} for n in range(count)
    ]
    return Prepared(statement.values(rows))


@cache
def _ignoring(
    dialect: str, table: type[Base], told: tuple[Any, ...], *named: str, made: Any = ()
) -> Prepared:
    statement = _ignored(dialect, table, *told)
    return Prepared(statement.values(dict(made)) if made else statement, named)


@cache
def _ignored(dialect: str, table: type[Base], *told: Any) -> Any:
    statement: Any = _INSERTS[dialect](table.__table__)
    return statement.on_conflict_do_nothing().returning(*told)
