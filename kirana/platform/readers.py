"""Connections for reads: each thread keeps the one that it had last.

To take one from the pool for every statement and to give it back cost a sixth of a product, which
takes three.
"""

import threading
from types import TracebackType

from sqlalchemy import Connection, Engine

from kirana.platform import clock
from kirana.platform.engines import for_reading


class _Kept:
    """Gives its connection back when the thread ends and its locals with it."""

    __slots__ = ("connection",)

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def __del__(self) -> None:
        self.connection.close()


class Readers:
    """Of one engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._own = threading.local()

    def take(self) -> Connection:
        """This thread's own, or one more while that is lent; each statement stands alone."""
        kept: _Kept | None = self._own.__dict__.get("kept")
        if kept is None:
            kept = self._own.kept = _Kept(for_reading(self._engine.connect()))
        elif self._own.is_lent:
            return for_reading(self._engine.connect())
        self._own.is_lent = True
        return kept.connection

    def give_back(self, connection: Connection, is_good: bool) -> None:
        """After an error nobody keeps it."""
        kept: _Kept | None = self._own.__dict__.get("kept")
        if kept is None or kept.connection is not connection:
            connection.close()
            return
        self._own.is_lent = False
        if is_good:
            clock.forget(connection)
        else:
            self.close()

    def close(self) -> None:
        """Give this thread's own back to the pool."""
        self._own.__dict__.pop("kept", None)


class Lent:
    """A context manager for one connection."""

    __slots__ = ("_connection", "_readers")

    def __init__(self, readers: Readers) -> None:
        self._readers = readers

    def __enter__(self) -> Connection:
        self._connection = self._readers.take()
        return self._connection

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._readers.give_back(self._connection, is_good=kind is None)
