"""The database: engines, transactions, column types. The only module that commits or rolls back.

SQLite runs in WAL with ``synchronous=FULL``; every writing transaction begins IMMEDIATE, behind a
file lock that queues the writers of all processes in order. PostgreSQL runs READ COMMITTED.
"""

import contextlib
import functools
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from kirana.platform.config import Settings
from kirana.platform.engines import begin_to_write, snapshot_begin
from kirana.platform.errors import OutcomeUnknown
from kirana.platform.lending import Opened, open_database

P = ParamSpec("P")
R = TypeVar("R")

ATTEMPTS = 4
# PostgreSQL: serialization failure, deadlock, lock not available.
_TRANSIENT_STATES = ("40001", "40P01", "55P03")


@dataclass(slots=True)
class _Unit:
    """One running transaction of this thread, with what is to be done after it."""

    connection: Connection
    after: list[Callable[[], None]] = field(default_factory=list)


@dataclass(slots=True)
class _Database:
    settings: Settings | None = None
    opened: Opened | None = None


_database, _opening = _Database(), threading.Lock()
_unit: ContextVar[_Unit | None] = ContextVar("unit", default=None)
_queries: ContextVar[int] = ContextVar("queries", default=0)


def configure(settings: Settings) -> None:
    """Say which database is meant. Opens nothing: the engine is made on first use."""
    if settings != _database.settings:
        dispose()
        _database.settings = settings


def dispose(close: bool = True) -> None:
    """Forget the engine; with ``close=False`` (after a fork) without touching the parent's."""
    opened, _database.opened = _database.opened, None
    if opened is not None:
        if close:
            opened.lender.close()
        opened.engine.dispose(close=close)


def engine() -> Engine:
    """The engine of all transactions and reads."""
    return _open().engine


def _open() -> Opened:
    """Made by the first thread that asks, while others wait."""
    opened = _database.opened
    if opened is None:
        with _opening:
            opened = _database.opened = _database.opened or open_database(_database.settings)
    return opened


@contextlib.contextmanager
def transaction() -> Iterator[Connection]:
    """Join the running transaction or open one that commits at the outermost exit.

    Rolls back on any exception. Actions given to ``after_commit`` run once it is committed.
    Raises OutcomeUnknown when the connection was lost between COMMIT and its answer.
    """
    unit = _unit.get()
    if unit is not None:
        yield unit.connection
        return
    opened = _open()
    with opened.queue, opened.lender.for_writes() as connection:
        unit = _Unit(connection)
        token = _unit.set(unit)
        try:
            connection.rollback()  # ends what the library takes for one while only reading
            begin_to_write(connection)
            yield connection
            _commit(connection)
        except BaseException:
            connection.rollback()
            raise
        finally:
            _unit.reset(token)
    for action in unit.after:
        action()


def _commit(connection: Connection) -> None:
    try:
        connection.commit()
    except DBAPIError as error:
        if error.connection_invalidated:
            raise OutcomeUnknown from error
        raise


@contextlib.contextmanager
def schema_change() -> Iterator[Connection]:
    """A transaction for migrations: one at a time, on SQLite with foreign keys off.

    A batch step drops and renames tables; with foreign keys on SQLite would delete child rows.
    """
    opened = _open()
    with opened.queue, opened.engine.connect() as connection:
        driver: Any = connection.connection.dbapi_connection
        is_sqlite = connection.dialect.name == "sqlite"
        if is_sqlite:
            driver.execute("PRAGMA foreign_keys=OFF")
        try:
            with begin_to_write(connection):
                if not is_sqlite:
                    connection.exec_driver_sql("SELECT pg_advisory_xact_lock(4951)")
                yield connection
        finally:
            if is_sqlite:
                driver.execute("PRAGMA foreign_keys=ON")


def reading() -> contextlib.AbstractContextManager[Connection]:
    """Join the running transaction, or lend a connection on which each statement stands alone."""
    unit = _unit.get()
    return contextlib.nullcontext(unit.connection) if unit else _open().lender.for_reads()


@contextlib.contextmanager
def snapshot() -> Iterator[Connection]:
    """Join the running transaction, or lend a connection that sees one moment, however long.

    Nobody waits for it. Meanwhile SQLite cannot shorten its WAL and PostgreSQL keeps old rows:
    good for seconds. With SQLite's TRUNCATE journal, where a reader would hold back every commit,
    each statement stands alone.
    """
    with reading() as connection:
        begin = None if in_transaction() else snapshot_begin(connection.dialect.name)
        if begin is None:
            yield connection
            return
        connection.exec_driver_sql(begin)
        try:
            yield connection
        finally:
            connection.exec_driver_sql("ROLLBACK")


def verb(work: Callable[Concatenate[Connection, P], R]) -> Callable[P, R]:
    """Run ``work`` in a transaction; its first parameter is the connection, which callers omit.

    Joins a running transaction. As the outermost one it is repeated, up to three times with
    jitter, when the database reports a deadlock, a serialization failure or a busy file, or
    hangs up before COMMIT. Raises OutcomeUnknown when it hangs up within COMMIT.
    """

    @functools.wraps(work)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        def once() -> R:
            with transaction() as connection:
                return work(connection, *args, **kwargs)

        return _patiently(once)

    return run


def query(work: Callable[Concatenate[Connection, P], R]) -> Callable[P, R]:
    """Run ``work`` on a reading connection; its first parameter, which callers omit.

    Outside a transaction it is repeated as a verb is.
    """

    @functools.wraps(work)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        def once() -> R:
            _queries.set(_queries.get() + 1)
            with reading() as connection:
                return work(connection, *args, **kwargs)

        return _patiently(once)

    return run


def queries_so_far() -> int:
    """How many queries were begun in this context: the same number again, and none came between."""
    return _queries.get()


def _patiently(act: Callable[[], R]) -> R:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return act()
        except DBAPIError as error:
            if attempt == ATTEMPTS or in_transaction() or not _is_transient(error):
                raise
            time.sleep(random.uniform(0.01, 0.05) * attempt)  # noqa: S311 - jitter
    raise AssertionError("unreachable")


def after_commit(action: Callable[[], None]) -> None:
    """Run ``action`` once the running transaction is committed; never if it is rolled back."""
    unit = _unit.get()
    if unit is None:
        raise RuntimeError("after_commit outside a transaction")
    unit.after.append(action)


def in_transaction() -> bool:
    return _unit.get() is not None


def require_no_transaction() -> None:
    """Called by every gateway first: the outside world is never called inside a transaction."""
    if in_transaction():
        raise RuntimeError("the outside world was called inside a transaction")


def _is_transient(error: DBAPIError) -> bool:
    state = getattr(error.orig, "sqlstate", None)
    is_busy = state in _TRANSIENT_STATES or "database is locked" in str(error.orig)
    # With a lost connection the pool gives up all that it had, so the next try has a fresh one.
    return is_busy or error.connection_invalidated
