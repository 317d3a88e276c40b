"""Rows gathered in memory and written in bulk into empty tables."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, bindparam, func, insert, select

from kirana.platform.db import Model

CHUNK = 2000


class Rows:
    """Numbers rows from one on, so that they can refer to each other before they are written."""

    def __init__(self) -> None:
        self._rows: dict[type[Model], list[dict[str, Any]]] = {}

    def add(self, table: type[Model], **values: Any) -> int:
        """Keep a row; its key. All rows of a table must name the same columns."""
        known = self._rows.setdefault(table, [])
        values["id"] = len(known) + 1
        known.append(values)
        return len(known)

    def add_keyed(self, table: type[Model], **values: Any) -> None:
        """Keep a row of a table whose key is given."""
        self._rows.setdefault(table, []).append(values)

    def write(self, connection: Connection) -> None:
        """Insert everything, referred-to tables first; later keys go on after ours."""
        by_name = {table.__tablename__: table for table in self._rows}
        for made in Model.metadata.sorted_tables:
            table = by_name.get(made.name)
            if table is None:
                continue
            rows = self._rows[table]
            for start in range(0, len(rows), CHUNK):
                connection.execute(insert(table), rows[start : start + CHUNK])
            if connection.dialect.name == "postgresql" and "id" in made.columns:
                _move_sequence(connection, made, len(rows))

    def of(self, table: type[Model]) -> Sequence[Mapping[str, Any]]:
        """What is kept for ``table``, in the order of its keys."""
        return self._rows.get(table, [])


def _move_sequence(connection: Connection, table: Table, last: int) -> None:
    """PostgreSQL counts on its own and has not seen the keys that we gave."""
    quoted = connection.dialect.identifier_preparer.format_table(table)
    name = func.pg_get_serial_sequence(bindparam("name", quoted), "id")
    connection.execute(select(func.setval(name, last)))
