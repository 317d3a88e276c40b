"""How an engine is made for each database, and the queue of SQLite's writers."""

import fcntl
import os
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, RootTransaction, create_engine, event, make_url

from kirana.platform.config import Settings
from kirana.platform.prepared import send

try:
    from pysqlite3 import dbapi2 as sqlite
except ImportError:  # no wheel for this machine
    import sqlite3 as sqlite

# 3.7.0 to 3.51.2 can corrupt a WAL file that several processes write and checkpoint at once.
SAFE_WAL = (3, 51, 3)
# Bytes: a log that was longer is cut to this when it begins anew, and is emptied by the worker.
LONGEST_JOURNAL = 16 * 1024 * 1024
# That a connection keeps prepared; the driver would keep half as many.
_KEPT_STATEMENTS = {"cached_statements": 256}


def sqlite_version() -> tuple[int, ...]:
    return tuple(sqlite.sqlite_version_info)


def sqlite_journal() -> str:
    """WAL where the library is safe with several writing processes, else TRUNCATE."""
    return "WAL" if sqlite_version() >= SAFE_WAL else "TRUNCATE"


def snapshot_begin(dialect: str) -> str | None:
    """What begins a transaction that sees one moment and hinders nobody; None where none can."""
    if dialect == "sqlite":
        return "BEGIN" if sqlite_journal() == "WAL" else None
    return "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


def for_reading(connection: Connection) -> Connection:
    """The same connection for reads of which each statement stands alone.

    SQLite's connections stand in that mode anyway. Switching them to AUTOCOMMIT and back would run
    a PRAGMA each time, after which SQLite prepares every statement anew: half a millisecond each.
    """
    if connection.dialect.name == "sqlite":
        return connection
    return connection.execution_options(isolation_level="AUTOCOMMIT")


def begin_to_write(connection: Connection) -> RootTransaction:
    """Begin a transaction, on SQLite with its one lock for writing, unless each statement commits.

    Not done by a listener: an engine that has one asks for others around every statement.
    """
    begun = connection.begin()
    is_alone = connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT"
    if connection.dialect.name == "sqlite" and not is_alone:
        send(connection, "BEGIN IMMEDIATE", ())
    return begun


def make_engine(settings: Settings) -> Engine:
    """An engine for ``settings.database``. Nothing is opened yet."""
    url = make_url(settings.database)
    if url.get_backend_name() == "sqlite":
        return _sqlite_engine(settings)
    return _postgresql_engine(settings)


def _sqlite_engine(settings: Settings) -> Engine:
    engine = create_engine(
        settings.database,
        module=sqlite,
        json_deserializer=msgspec.json.decode,
        connect_args={"timeout": 10, "check_same_thread": False, **_KEPT_STATEMENTS},
        **_pool(settings),
    )

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA journal_mode={sqlite_journal()}")
        cursor.execute(f"PRAGMA journal_size_limit={LONGEST_JOURNAL}")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA secure_delete=ON")  # what is erased is overwritten
        # Else REPLACE deletes rows of a ledger without its trigger being asked.
        cursor.execute("PRAGMA recursive_triggers=ON")
        cursor.execute("PRAGMA busy_timeout=10000")
        cursor.close()

    return engine


def _postgresql_engine(settings: Settings) -> Engine:
    url = make_url(settings.database).set(drivername="postgresql+psycopg")
    chosen = {
        "lock_timeout": "3s",
        "statement_timeout": "30s",
        "idle_in_transaction_session_timeout": "60s",
        # Our joins are written in the order of their keys. To try out all orders of a basket's nine
        # tables cost three times what reading it does, each time (docs/performance.md).
        "join_collapse_limit": "4",
        # A merge join walks along a key until the other side ends. Where few products sell, of a
        # million, it was expected to end early, and read all of them for an order of a new one.
        "enable_mergejoin": "off",
    }
    options = " ".join(f"-c {name}={value}" for name, value in chosen.items())
    return create_engine(
        url,
        isolation_level="READ COMMITTED",
        json_deserializer=msgspec.json.decode,
        connect_args={"options": options, "connect_timeout": 5},
        **_pool(settings),
    )


def most_kept(settings: Settings) -> int:
    """How many connections lie at hand: one to read and one to write for each thread."""
    return 2 * settings.threads


def _pool(settings: Settings) -> dict[str, int]:
    """Those at hand, one for each thread that asks within an answer, and one; two stay unused."""
    return {"pool_size": 2, "max_overflow": most_kept(settings) + settings.threads - 1}


class WriteQueue:
    """Queues writing transactions before BEGIN IMMEDIATE, across threads and processes.

    SQLite's own busy handler polls and lets some writers starve (worst wait measured 1.3–2.6 s,
    with the queue 0.16 s). On PostgreSQL it does nothing.
    """

    def __init__(self, settings: Settings) -> None:
        url = make_url(settings.database)
        path = url.database if url.get_backend_name() == "sqlite" else None
        self._path = Path(path + ".lock") if path and path != ":memory:" else None
        self._thread = threading.Lock()
        self._handle = -1

    def __enter__(self) -> None:
        if self._path is None:
            return
        self._thread.acquire()
        if self._handle < 0:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._handle, fcntl.LOCK_EX)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._path is not None:
            fcntl.flock(self._handle, fcntl.LOCK_UN)
            self._thread.release()
