"""Deleting what has served its time: a little at once, so that nobody waits long for a writer."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, delete, select

from kirana.platform import clock
from kirana.platform.db import verb

BATCH = 1000


def purge_rows(moment: Any, kept: timedelta) -> int:
    """Delete the rows whose ``moment`` (a column) is longer ago, a thousand to a transaction.

    Returns how many.
    """
    gone = 0
    while found := _purge_some(moment, kept):
        gone += found
    return gone


@verb
def _purge_some(connection: Connection, moment: Any, kept: timedelta) -> int:
    table = moment.class_
    some = select(table.id).where(moment < clock.now(connection) - kept).limit(BATCH)
    return connection.execute(delete(table).where(table.id.in_(some))).rowcount
