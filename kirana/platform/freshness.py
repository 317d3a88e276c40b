"""The version that cached answers are filed under, read seldom and never trusted for long."""

import threading
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass

import msgspec

from kirana.platform import db, migrations
from kirana.platform.probes import reached
from kirana.platform.redis import Breaker, connect

TRUSTED_SECONDS = 0.5
# What is kept in Redis begins with this.
PREFIX = "kirana:"
_COPY_SECONDS = 60


@dataclass(slots=True)
class _Known:
    read: Callable[[], int] = lambda: 0
    version: int = 0
    until: float = 0.0
    forgotten: int = 0
    publish: Callable[[int], object] = lambda _version: None


_known = _Known()
_along: ContextVar[tuple[int, int]] = ContextVar("along", default=(0, -1))
_lock = threading.Lock()


def version_source(read: Callable[[], int]) -> Callable[[], int]:
    """Decorates the query that reads the current version from the database."""
    _known.read = read
    _known.until = 0.0
    return read


def current() -> int:
    """The version, read at most half a second ago by this process."""
    if time.monotonic() >= _known.until:
        return reread()
    return _known.version


def stamp() -> tuple[int, int]:
    """What is remembered beside this is good for as long as it stays the same."""
    version = current()
    return version, _known.forgotten


def reread() -> int:
    """The version as the database has it now."""
    begun, forgotten = time.monotonic(), _known.forgotten
    version = _known.read()
    reached("version_read")
    with _lock:
        # A slow reader must not bring back what was true before this process raised it, nor an
        # older version than another thread has seen meanwhile.
        is_overtaken = version < _known.version and begun < _known.until
        if forgotten == _known.forgotten and not is_overtaken:
            _known.version, _known.until = version, begun + TRUSTED_SECONDS
        elif version > _known.version:
            # Not to be trusted for long, but nothing older is from now on: what is filed under
            # this version must not be put together from what was filed under the one before.
            _known.version = version
    return version


def read_along(version: int) -> None:
    """Called by a query whose last statement read the version together with its rows."""
    _along.set((version, db.queries_so_far()))


def seen_since(begun: int) -> int | None:
    """The version that the last query read along; None if it did not, or was the ``begun``-th.

    What that query found is of this version, whatever has happened since.
    """
    version, number = _along.get()
    return version if begun < number == db.queries_so_far() else None


def latest(begun: int) -> int:
    """The version as of the last query since the ``begun``-th, or as the database has it now.

    What was read since then is of the version known before, if this is still the same.
    """
    if db.queries_so_far() == begun:
        return _known.version  # made of what was at hand, and that is filed under a version
    seen = seen_since(begun)
    # Another thread may have learned of a newer one, and what it filed is at hand here too.
    return seen if seen is not None and seen == _known.version else reread()


def copy_to(url: str) -> None:
    """Copy each version that this process raises to Redis after the commit. Opens nothing yet."""
    client, breaker = connect(url), Breaker()

    def publish(version: int) -> None:
        data = msgspec.msgpack.encode(version)
        breaker.run(lambda: client.set(f"{PREFIX}{copy_name()}", data, ex=_COPY_SECONDS))

    _known.publish = publish


def copy_name() -> str:
    return f"{migrations.schema()}:version"


def raised(version: int) -> None:
    """This process has just committed this version."""
    forget()
    _known.publish(version)


def hear(version: int) -> int:
    """Somebody says that it is this by now: if that is news, the database is asked again."""
    if version > _known.version:
        forget()
    return current()


def forget() -> None:
    """What was read so far is not to be trusted any more."""
    with _lock:
        _known.forgotten += 1
        _known.until = 0.0
