"""SQLite's write-ahead log after many writes beside a reader who does not end."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from kirana.platform import clock, db, journal
from kirana.platform.config import Settings
from kirana.platform.db import verb
from kirana.platform.engines import LONGEST_JOURNAL, sqlite, sqlite_journal
from kirana.platform.idempotency import Idempotency
from tests.machinery.databases import Database

pytestmark = [
    pytest.mark.on_database("sqlite"),
    pytest.mark.skipif(sqlite_journal() != "WAL", reason="there is no log"),
]
MEGABYTE = b"x" * (1 << 20)


@verb
def write(connection: Connection, number: int) -> None:
    row = {"owner": "o", "key": str(number), "fingerprint": "f", "body": MEGABYTE}
    now = clock.now(connection)
    connection.execute(insert(Idempotency).values(**row, created_at=now))


@contextmanager
def reader(database: Database) -> Iterator[Any]:
    """Somebody who looks at one moment until the block ends."""
    connection = sqlite.connect(database.url.removeprefix("sqlite:///"), isolation_level=None)
    connection.execute("BEGIN")
    connection.execute("SELECT count(*) FROM store").fetchone()
    try:
        yield connection
    finally:
        connection.close()


def grow(settings: Settings, database: Database) -> None:
    with reader(database):
        for number in range(30):
            write(number)
        assert journal.length(settings) > LONGEST_JOURNAL
        # Not while somebody reads what was before it; nor is the worker held up for long.
        assert not journal.shorten(settings)
    assert journal.length(settings) > LONGEST_JOURNAL


def test_a_log_that_a_reader_kept_long_is_emptied(settings: Settings, database: Database) -> None:
    grow(settings, database)
    assert journal.shorten(settings)
    assert journal.length(settings) == 0
    assert not journal.shorten(settings), "it is short"


def test_without_the_worker_the_next_writers_cut_it(settings: Settings, database: Database) -> None:
    grow(settings, database)
    for number in range(100, 103):
        write(number)
    assert journal.length(settings) <= LONGEST_JOURNAL


def test_without_the_limit_they_would_not(settings: Settings, database: Database) -> None:
    grow(settings, database)
    with db.reading() as connection:  # the thread's one connection
        connection.exec_driver_sql("PRAGMA journal_size_limit=-1")
    for number in range(100, 103):
        write(number)
    assert journal.length(settings) > LONGEST_JOURNAL


def test_writers_go_on_beside_it(settings: Settings, database: Database) -> None:
    grow(settings, database)
    journal.shorten(settings)
    write(1000)
    with db.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 10_000
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
