"""Rows gathered in memory and written in bulk into empty tables."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import JSON, Column, Connection, Table, bindparam, func, insert, select

from kirana.platform.tables import Base, Model

CHUNK = 2000


class Rows:
    """Numbers rows from one on, so that they can refer to each other before they are written."""

    def __init__(self) -> None:
        self._rows: dict[str, list[dict[str, Any]]] = {}

    def add(self, table: type[Base], **values: Any) -> int:
        """Keep a row; its key. All rows of a table must name the same columns."""
        known = self._rows.setdefault(table.__tablename__, [])
        values["id"] = len(known) + 1
        known.append(values)
        return len(known)

    def add_keyed(self, table: type[Base], **values: Any) -> None:
        """Keep a row of a table whose key is given."""
        self._rows.setdefault(table.__tablename__, []).append(values)

    def of(self, table: type[Base]) -> Sequence[Mapping[str, Any]]:
        """What is kept for ``table``, in the order of its keys."""
        return self._rows.get(table.__tablename__, [])

    def write(self, connection: Connection) -> None:
        """Insert everything, referred-to tables first; later keys go on after ours."""
        for table in Model.metadata.sorted_tables:
            rows = self._rows.get(table.name, [])
            if rows and connection.dialect.name == "postgresql":
                _copy(connection, table, rows)
            else:
                for start in range(0, len(rows), CHUNK):
                    connection.execute(insert(table), rows[start : start + CHUNK])


def _copy(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """PostgreSQL's COPY takes a tenth of the time of INSERT; it counts keys on its own."""
    quote = connection.dialect.identifier_preparer
    columns = [column for column in table.columns if column.name in rows[0] or column.default]
    names = ", ".join(quote.format_column(column) for column in columns)
    driver: Any = connection.connection.dbapi_connection
    with (
        driver.cursor() as cursor,
        cursor.copy(f"COPY {quote.format_table(table)} ({names}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(list(_cells(columns, row)))
    if "id" in table.columns:
        name = func.pg_get_serial_sequence(bindparam("name", quote.format_table(table)), "id")
        connection.execute(select(func.setval(name, rows[-1]["id"])))
    # Until the planner knows how many rows there are now, it takes the wrong way to them.
    connection.exec_driver_sql(f"ANALYZE {quote.format_table(table)}")


def _cells(columns: Sequence[Column[Any]], row: Mapping[str, Any]) -> Iterator[Any]:
    for column in columns:
        value = row[column.name] if column.name in row else _default(column, row)
        yield json.dumps(value) if isinstance(column.type, JSON) and value is not None else value


class _Given:
    """What a column's default may look at: the row that it is for."""

    def __init__(self, row: Mapping[str, Any]) -> None:
        self._row = row

    def get_current_parameters(self) -> Mapping[str, Any]:
        return self._row


def _default(column: Column[Any], row: Mapping[str, Any]) -> Any:
    default: Any = column.default
    return default.arg(_Given(row)) if default.is_callable else default.arg
