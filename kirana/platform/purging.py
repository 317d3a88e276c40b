"""Deleting what has served its time: a little at once, so that nobody waits long for a writer."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, select

from kirana.platform.db import verb

BATCH = 1000
# Which rows are old, as the database's clock has it.
Old = Callable[[Connection], ColumnElement[bool]]


def purge_rows(table: Any, is_old: Old) -> int:
    """Delete the old rows of ``table``, a thousand to a transaction; how many."""
    gone = 0
    while found := _purge_some(table, is_old):
        gone += found
    return gone


@verb
def _purge_some(connection: Connection, table: Any, is_old: Old) -> int:
    some = select(table.id).where(is_old(connection)).limit(BATCH)
    return connection.execute(delete(table).where(table.id.in_(some))).rowcount
