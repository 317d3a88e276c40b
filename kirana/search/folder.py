"""Where a host keeps its index: generations of files, which one counts, and who may write.

``state.json`` names the generation in force and the version of the catalogue that it has seen. It
is replaced in one step, after what it speaks of is written: a writer that is killed leaves what
was there before, and the next one does its last changes once more.
"""

import contextlib
import fcntl
import os
import secrets
import shutil
from pathlib import Path

import msgspec

from kirana.search.schema import SCHEMA

STATE, LOCK, BROKEN = "state.json", "lock", "broken"


class State(msgspec.Struct, frozen=True, kw_only=True):
    """What the index in force is. ``mark`` is the last row of the feed in it: (id, version)."""

    schema: int
    generation: str
    database: str
    version: int
    mark: tuple[int, int]
    built_at: float
    documents: int


class Folder:
    """The folder of one host's index. Knows files, not what is in them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle = -1

    def state(self) -> State | None:
        """The state in force; None where there is none that this version understands."""
        try:
            found = msgspec.json.decode((self.path / STATE).read_bytes(), type=State)
        except (OSError, msgspec.DecodeError):
            return None
        is_ours = found.schema == SCHEMA and found.generation.isalnum()
        return found if is_ours and self.place(found.generation).is_dir() else None

    def stamp(self) -> tuple[int, int]:
        """Changes whenever the state does; (0, 0) without one."""
        try:
            found = os.stat(self.path / STATE)
        except OSError:
            return 0, 0
        return found.st_ino, found.st_mtime_ns

    def place(self, generation: str) -> Path:
        return self.path / generation

    def new_generation(self) -> str:
        """An empty folder for an index to be built in. Only with the lock."""
        generation = secrets.token_hex(8)
        self.place(generation).mkdir(mode=0o700, parents=True)
        return generation

    def put(self, state: State) -> None:
        """Let ``state`` be in force. Only with the lock."""
        draft = self.path / f".{STATE}"
        with draft.open("wb") as file:
            file.write(msgspec.json.encode(state))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.path / STATE)

    def clear_out(self, keep: str) -> None:
        """Delete all other generations. Who still reads one keeps its open files."""
        for other in self.path.iterdir():
            if other.is_dir() and other.name != keep:
                self.drop(other.name)

    def drop(self, generation: str) -> None:
        shutil.rmtree(self.place(generation), ignore_errors=True)

    def call_broken(self) -> None:
        """Ask whoever writes to build the index anew."""
        with contextlib.suppress(OSError):
            (self.path / BROKEN).touch()

    @property
    def is_broken(self) -> bool:
        return (self.path / BROKEN).exists()

    def mended(self) -> None:
        (self.path / BROKEN).unlink(missing_ok=True)

    def lock(self) -> bool:
        """Become the one who writes; False while another process is. Ends with the process.

        A lock whose file somebody has deleted keeps nobody else out, and is asked for anew.
        """
        if self._handle >= 0 and self._is_in_place():
            return True
        self.unlock()
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self.path / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            return False
        self._handle = handle
        return True

    def _is_in_place(self) -> bool:
        try:
            return os.path.samestat(os.fstat(self._handle), os.stat(self.path / LOCK))
        except OSError:
            return False

    def unlock(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
