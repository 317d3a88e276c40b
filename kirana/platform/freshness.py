"""The version that cached answers are filed under, read seldom and never trusted for long."""

import time
from collections.abc import Callable
from dataclasses import dataclass

TRUSTED_SECONDS = 0.5


@dataclass(slots=True)
class _Known:
    read: Callable[[], int] = lambda: 0
    version: int = 0
    until: float = 0.0


_known = _Known()


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


def reread() -> int:
    """The version as the database has it now."""
    begun = time.monotonic()
    version = _known.read()
    _known.version, _known.until = version, begun + TRUSTED_SECONDS
    return version


def forget() -> None:
    """This process has just raised the version itself."""
    _known.until = 0.0
