"""Connections: each thread keeps those that it had last.

To take one from the pool for every statement and to give it back cost a sixth of a product, which
takes three. SQLite forgets the pages that it has read as soon as another connection has written: a
thread that reads where it wrote has them still.
"""

import threading
from types import TracebackType
from typing import NamedTuple

from sqlalchemy import Connection, Engine

from kirana.platform import clock
from kirana.platform.engines import WriteQueue, for_reading, make_engine, most_kept
from kirana.platform.settings import Settings


class _Kept:
    """Gives its connection and its place back when the thread ends and its locals with it."""

    __slots__ = ("age", "connection", "is_lent", "places")

    def __init__(self, connection: Connection, age: int, places: threading.Semaphore) -> None:
        self.connection, self.age, self.places = connection, age, places
        self.is_lent = True

    def __del__(self) -> None:
        self.connection.close()
        self.places.release()


class Lent:
    """A context manager for one connection; after an error nobody keeps it."""

    __slots__ = ("_connection", "_lender", "_writes")

    def __init__(self, lender: "Lender", writes: bool) -> None:
        self._lender, self._writes = lender, writes

    def __enter__(self) -> Connection:
        self._connection = self._lender.take(self._writes)
        return self._connection

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lender.give_back(self._connection, self._writes, is_good=kind is None)


class Lender:
    """Of one engine. On SQLite a thread has one connection, else one to read and one to write.

    They keep no more in all than ``settings`` has threads for: a server with more threads than it
    was said to have must not wait for what nobody gives back.
    """

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine = engine
        self._places = threading.Semaphore(most_kept(settings))
        # Rises when a connection is found lost: those of other threads will be lost as well.
        self._age = 0
        self._is_one = engine.dialect.name == "sqlite"
        self._own = threading.local()

    def for_reads(self) -> Lent:
        """Each statement stands alone."""
        return Lent(self, writes=False)

    def for_writes(self) -> Lent:
        return Lent(self, writes=True)

    def take(self, writes: bool) -> Connection:
        """This thread's own, or one more while that is lent."""
        slot, own = self._slot(writes), self._own.__dict__
        kept: _Kept | None = own.get(slot)
        if kept is not None and not kept.is_lent and kept.age != self._age:
            kept = None
            del own[slot]
        if kept is not None and not kept.is_lent:
            kept.is_lent = True
            return kept.connection
        connection = self._connect(writes)
        if kept is None and self._places.acquire(blocking=False):
            own[slot] = _Kept(connection, self._age, self._places)
        return connection

    def give_back(self, connection: Connection, writes: bool, is_good: bool) -> None:
        if connection.invalidated:
            self._age += 1
        slot = self._slot(writes)
        kept: _Kept | None = self._own.__dict__.get(slot)
        if kept is None or kept.connection is not connection:
            connection.close()
            return
        kept.is_lent = False
        if is_good:
            clock.forget(connection)
        else:
            del self._own.__dict__[slot]

    def close(self) -> None:
        """Give this thread's own back to the pool."""
        self._own.__dict__.clear()

    def _connect(self, writes: bool) -> Connection:
        connection = self._engine.connect()
        return connection if writes else for_reading(connection)

    def _slot(self, writes: bool) -> str:
        return "writes" if writes and not self._is_one else "reads"


class Opened(NamedTuple):
    """What is made for one database, all of it at once."""

    engine: Engine
    queue: WriteQueue
    lender: Lender


def open_database(settings: Settings | None) -> Opened:
    """Opens no connection yet. Raises RuntimeError where nobody said which database is meant."""
    if settings is None:
        raise RuntimeError("db.configure(settings) was not called")
    engine = make_engine(settings)
    return Opened(engine, WriteQueue(settings), Lender(engine, settings))
