"""Connections: those that were used last are at hand.

To take one from the pool for every statement and to give it back cost a sixth of a product, which
takes three. SQLite forgets the pages that it has read as soon as another connection has written:
who reads what the same connection wrote has them still.
"""

from types import TracebackType
from typing import NamedTuple

from sqlalchemy import Connection, Engine

from kirana.platform import clock
from kirana.platform.engines import WriteQueue, for_reading, make_engine, most_kept
from kirana.platform.settings import Settings


class _Idle(NamedTuple):
    """At hand, and of which age."""

    connection: Connection
    age: int


class Lent:
    """A context manager for one connection; after an error nobody keeps it."""

    __slots__ = ("_idle", "_lender", "_writes")

    def __init__(self, lender: "Lender", writes: bool) -> None:
        self._lender, self._writes = lender, writes

    def __enter__(self) -> Connection:
        self._idle = self._lender.take(self._writes)
        clock.forget(self._idle.connection)
        return self._idle.connection

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lender.give_back(self._idle, self._writes, is_good=kind is None)


class Lender:
    """Of one engine. On SQLite who writes has one of those that read, else there are two kinds.

    Nothing is kept by a thread: what ends with one is closed while the interpreter takes it down,
    and that ends the process (docs/decisions/0025). No more are kept than ``settings`` has threads
    for: a server with more threads than it was said to have must not wait for what nobody gives
    back.
    """

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine, self._most = engine, most_kept(settings) // 2
        # Rises when a connection is found lost: the others will be lost as well.
        self._age = 0
        reads: list[_Idle] = []
        self._reads, self._writes = reads, reads if engine.dialect.name == "sqlite" else []

    def for_reads(self) -> Lent:
        """Each statement stands alone."""
        return Lent(self, writes=False)

    def for_writes(self) -> Lent:
        return Lent(self, writes=True)

    def take(self, writes: bool) -> _Idle:
        """The one that was used last, or one more."""
        idle = self._writes if writes else self._reads
        while True:
            try:
                found = idle.pop()
            except IndexError:
                connection = self._engine.connect()
                return _Idle(connection if writes else for_reading(connection), self._age)
            if found.age == self._age:
                return found
            found.connection.close()

    def give_back(self, lent: _Idle, writes: bool, is_good: bool) -> None:
        connection, idle = lent.connection, self._writes if writes else self._reads
        if connection.invalidated:
            self._age += 1
        if is_good and lent.age == self._age and len(idle) < self._most:
            idle.append(lent)
        else:
            connection.close()

    def close(self) -> None:
        """Give all that are at hand back to the pool."""
        for idle in (self._reads, self._writes):
            while idle:
                idle.pop().connection.close()


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
