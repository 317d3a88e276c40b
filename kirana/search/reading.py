"""The index as this process reads it: opened when first asked, looked at anew five times a second.

A process without an index, or with one that cannot be read, goes on without: whoever asks gets
None and turns to the database.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import tantivy

from kirana.platform import freshness
from kirana.search.folder import Folder, State

T = TypeVar("T")
logger = logging.getLogger("kirana.search")
LOOK_SECONDS = 0.2
BLAME_SECONDS = 600
# To build the index of a million products anew takes a minute.
STUCK_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The index at one commit. ``known`` keeps what was found out about words of it."""

    state: State
    schema: tantivy.Schema
    searcher: tantivy.Searcher
    known: dict[Any, Any] = field(default_factory=dict)

    @property
    def version(self) -> int:
        """The version of the catalogue that it has seen."""
        return self.state.version


class Reader:
    """Opens what the folder's state names, and follows it. Safe for threads."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._next_look, self._no_blame_until, self._stuck_at = 0.0, 0.0, float("inf")
        self._stamp = (-1, -1)
        self._index: tuple[str, tantivy.Index] | None = None
        self._snapshot: Snapshot | None = None

    def snapshot(self) -> Snapshot | None:
        """The newest commit, seen at most a fifth of a second ago; None without an index, or where
        nobody has brought it up to the catalogue for five minutes."""
        if time.monotonic() >= self._next_look and self._lock.acquire(blocking=False):
            try:
                self._look()
            finally:
                self._lock.release()
        return self._snapshot if time.monotonic() < self._stuck_at else None

    def look_again(self) -> Snapshot | None:
        """The newest commit now."""
        with self._lock:
            self._look()
        return self._snapshot

    def failed(self, error: BaseException) -> None:
        """The index cannot be read: leave it until whoever writes has built another.

        Not twice in ten minutes: it may be a question that the library cannot answer, and whoever
        asks it again and again must not have the index built again and again.
        """
        if time.monotonic() < self._no_blame_until:
            logger.warning("the search index could not answer: %r", error)
            return
        logger.warning("the search index is left aside, it is built anew: %r", error)
        self._no_blame_until = time.monotonic() + BLAME_SECONDS
        self.folder.call_broken()
        self._snapshot = self._index = None

    def _look(self) -> None:
        self._next_look = time.monotonic() + LOOK_SECONDS
        self._follow()
        is_level = self._snapshot is None or self._snapshot.version >= freshness.current()
        stuck_at = min(self._stuck_at, time.monotonic() + STUCK_SECONDS)
        self._stuck_at = float("inf") if is_level else stuck_at

    def _follow(self) -> None:
        stamp = self.folder.stamp()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        state = self.folder.state()
        if state is None:
            self._snapshot = self._index = None
            return
        try:
            self._open(state)
        except BaseException as error:
            raise_unless_broken(error)
            # What was read before is outdated by now: the database answers, and it is tried again.
            self._snapshot = self._index = None
            self._stamp = (-1, -1)
            if time.monotonic() >= self._no_blame_until:
                self.failed(error)

    def _open(self, state: State) -> None:
        if self._index is not None and self._index[0] == state.generation:
            index = self._index[1]
            index.reload()
        else:
            index = open_index(self.folder.place(state.generation))
            self._index = state.generation, index
        self._snapshot = Snapshot(state, index.schema, index.searcher())


def open_index(place: Path) -> tantivy.Index:
    """Raises whatever the library says of broken files."""
    index = tantivy.Index.open(str(place))
    index.config_reader(reload_policy="manual")
    index.reload()
    return index


def raise_unless_broken(error: BaseException) -> None:
    """Raise ``error`` unless the files of the index are to blame.

    The library answers those with ValueError or OSError, or panics, which is no Exception.
    """
    if not isinstance(error, ValueError | OSError) and type(error).__name__ != "PanicException":
        raise error


class _Used:
    reader: Reader | None = None
    kept: ClassVar[dict[str, tuple[int, Any]]] = {}


def use(folder: Path) -> None:
    """Say where this host's index lies. Opens nothing; idempotent."""
    _Used.kept.clear()
    if _Used.reader is None or _Used.reader.folder.path != folder:
        _Used.reader = Reader(Folder(folder))


def kept(name: str, read: Callable[[], T]) -> T:
    """``read()``, once for each version of the catalogue that this process sees."""
    version = freshness.current()
    found = _Used.kept.get(name)
    if found is None or found[0] != version:
        found = _Used.kept[name] = (version, read())
    value: T = found[1]
    return value


def reader() -> Reader:
    """The reader of this process."""
    if _Used.reader is None:
        raise RuntimeError("search.reading.use(folder) was not called")
    return _Used.reader


def ask(question: Callable[[Snapshot], T]) -> T | None:
    """``question`` put to the index; None where there is none that can be read."""
    used = reader()
    snapshot = used.snapshot()
    if snapshot is None:
        return None
    try:
        return question(snapshot)
    except BaseException as error:
        raise_unless_broken(error)
        used.failed(error)
        return None
