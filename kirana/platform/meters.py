"""Figures that the processes of one machine count together, each in a file of its own.

Counting is a write to memory. Whoever reads adds up the files of the processes that still live: a
process holds the lock of its file for as long as it does, and nobody else needs to be asked.
"""

import fcntl
import functools
import mmap
import os
import threading
from collections.abc import Iterator
from pathlib import Path

NAMES = (
    "edge_hits", "edge_not_modified", "edge_misses", "edge_hit_age", "near_hits", "shared_hits",
    "made", "overtaken", "entries", "bytes", "processes",
)  # fmt: skip
_SIZE = 8 * len(NAMES)
_PLACES = {name: place for place, name in enumerate(NAMES)}


@functools.cache
def meters_in(home: Path) -> "Meters":
    """The figures of the processes that share this ``KIRANA_HOME``."""
    return Meters(home / "figures")


class Meters:
    """The figures of this process; after a fork, those of the new one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._owner = 0
        self._file = -1
        self._figures = memoryview(bytearray(_SIZE)).cast("d")

    def count(self, name: str, amount: float = 1.0) -> None:
        """Add to a figure that only grows."""
        if self._owner != os.getpid():
            self._open()
        with self._lock:
            self._figures[_PLACES[name]] += amount

    def show(self, name: str, value: float) -> None:
        """Set a figure that rises and falls."""
        if self._owner != os.getpid():
            self._open()
        self._figures[_PLACES[name]] = value

    def total(self) -> dict[str, float]:
        """The sums over all processes that live."""
        self.show("processes", 1)
        rows = list(self._rows())
        return {name: sum(row[place] for row in rows) for name, place in _PLACES.items()}

    def _rows(self) -> Iterator[tuple[float, ...]]:
        yield tuple(self._figures)
        own = self._path()
        for path in self._folder.glob("*.figures"):
            if path != own and (data := _read_or_remove(path)):
                yield tuple(memoryview(data).cast("d"))

    def _open(self) -> None:
        """Begin at nought; where no file can be written, count for this process alone."""
        with self._lock:
            if self._owner == os.getpid():
                return
            figures = memoryview(bytearray(_SIZE))
            try:
                figures = memoryview(self._mapped())
            except OSError:
                self._file = -1
            self._figures = figures.cast("d")
            self._owner = os.getpid()

    def _mapped(self) -> mmap.mmap:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        self._file = os.open(self._path(), flags, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        os.truncate(self._file, 0)
        os.truncate(self._file, _SIZE)
        return mmap.mmap(self._file, _SIZE)

    def _path(self) -> Path:
        return self._folder / f"{os.uname().nodename}-{os.getpid()}.figures"


def _read_or_remove(path: Path) -> bytes:
    """What a living process counted; the file of a dead one goes."""
    try:
        with path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                data = file.read(_SIZE)
                return data if len(data) == _SIZE else b""
            path.unlink(missing_ok=True)
    except OSError:
        pass  # gone meanwhile, or not ours to read
    return b""
