"""The file of an export while it grows, and when it is whole.

Each attempt writes a file of its own, begun with the certain bytes of the one before: a worker
that lost its lease and does not know it cannot spoil its successor's file.
"""

import hashlib
import os
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from kirana.platform.config import Settings

CHUNK = 1 << 20


def exports_folder(settings: Settings) -> Path:
    """Where export files lie; made if missing."""
    folder = settings.home / "exports"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


class GrowingFile:
    """A file that only grows by appended pieces, each on the disk before anything counts on it."""

    def __init__(self, folder: Path, uid: str, attempt: int, suffix: str) -> None:
        self.folder = folder
        self.name = f"{uid}.{attempt}.part"
        self.suffix = suffix
        self.final_name = f"{uid}.{attempt}{suffix}"
        self.bytes = 0
        self._file: BinaryIO = (folder / self.name).open("wb")

    def __enter__(self) -> "GrowingFile":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def take_over(self, earlier: str | None, length: int) -> bool:
        """Begin with the first ``length`` bytes of an earlier attempt; False if they are gone."""
        if earlier is None:
            return length == 0
        # Its worker may have been lost between the rename and the commit.
        for path in (self.folder / earlier, (self.folder / earlier).with_suffix(self.suffix)):
            if path.is_file() and path.stat().st_size >= length:
                self._copy(path, length)
                return True
        return False

    def append(self, piece: bytes) -> None:
        self._file.write(piece)
        self._file.flush()
        os.fsync(self._file.fileno())
        self.bytes += len(piece)

    def complete(self) -> str:
        """Give the file its final name, for good; its SHA-256 in hex."""
        self._file.close()
        path = self.folder / self.name
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
        path.replace(self.folder / self.final_name)
        _sync_folder(self.folder)
        return digest.hexdigest()

    def discard(self) -> None:
        """Another attempt has taken over, or nobody wants the file any more."""
        self._file.close()
        for name in (self.name, self.final_name):
            (self.folder / name).unlink(missing_ok=True)

    def _copy(self, source: Path, length: int) -> None:
        left = length
        with source.open("rb") as file:
            while left and (chunk := file.read(min(CHUNK, left))):
                self._file.write(chunk)
                left -= len(chunk)
        self._file.flush()
        os.fsync(self._file.fileno())
        self.bytes = length


def forget_others(folder: Path, uid: str, kept: str = "") -> None:
    """Remove what the attempts of a job left but for the file ``kept``."""
    for path in folder.iterdir():
        if path.name.startswith(f"{uid}.") and path.name != kept:
            path.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
