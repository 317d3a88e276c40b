"""Deleting what has served its time: a little at once, so that nobody waits long for a writer."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, delete, select

from kirana.platform import clock
from kirana.platform.db import verb

BATCH = 1000


def purge_rows(moment: Any, kept: timedelta, *conditions: Any, along: Any = None) -> int:
    """Delete the rows whose ``moment`` (a column) is longer ago, a thousand to a transaction.

    Of those alone that fulfil ``conditions``, and first the rows that name them by the column
    ``along``. Whom somebody has locked is left for the next time. Returns how many.
    """
    gone = 0
    while found := _purge_some(moment, kept, conditions, along):
        gone += found
    return gone


@verb
def _purge_some(
    connection: Connection, moment: Any, kept: timedelta, conditions: Any, along: Any
) -> int:
    table, old = moment.class_, moment < clock.now(connection) - kept
    some = select(table.id).where(old, *conditions).limit(BATCH).with_for_update(skip_locked=True)
    keys = list(connection.execute(some).scalars())
    if along is not None:
        connection.execute(delete(along.class_).where(along.in_(keys)))
    return connection.execute(delete(table).where(table.id.in_(keys))).rowcount
