"""Files that the store keeps: random names, written whole or not at all."""

import os
import re
import secrets
from pathlib import Path
from typing import BinaryIO

from kirana.platform.config import Settings

# No dot at the beginning, no path, one suffix.
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}\.[a-z0-9]{1,8}")


class Storage:
    """One folder of files. Names that are not ours are FileNotFoundError, as missing files are."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save(self, data: bytes, suffix: str) -> str:
        """Keep ``data`` under a new random name with ``suffix`` (``.webp``); returns the name."""
        name = secrets.token_urlsafe(18) + suffix
        self.save_as(name, data)
        return name

    def save_as(self, name: str, data: bytes) -> None:
        """Keep ``data`` under ``name``; whoever reads sees all of it or what was there before."""
        goal = self._goal(name)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self.folder / f".{secrets.token_hex(8)}.draft"
        try:
            with draft.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(goal)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise

    def path(self, name: str) -> Path:
        """Where ``name`` lies. Raises FileNotFoundError."""
        goal = self._goal(name)
        if not goal.is_file():
            raise FileNotFoundError(name)
        return goal

    def open(self, name: str) -> BinaryIO:
        """The file, to read. Raises FileNotFoundError."""
        return self.path(name).open("rb")

    def delete(self, name: str) -> None:
        """Forget the file; one that is gone already is no error."""
        self._goal(name).unlink(missing_ok=True)

    def _goal(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise FileNotFoundError(name)
        return self.folder / name


def media(settings: Settings) -> Storage:
    """The pictures of the store."""
    return Storage(settings.home / "media")
