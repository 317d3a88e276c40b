"""Which processors the threads of this process run on.

A web process keeps to its share (docs/decisions, "Processes keep to their processors").
"""

import contextlib
import os
from collections.abc import Collection, Iterator

# All that there are, and the share; nothing where nobody keeps to one.
_known: list[Collection[int]] = []


def keep_to(own: Collection[int]) -> None:
    """The calling thread, and those that it starts from now on, run on ``own`` alone (Linux)."""
    _known[:] = os.sched_getaffinity(0), own
    _move(own)


@contextlib.contextmanager
def anywhere() -> Iterator[None]:
    """The calling thread may run on the others' processors too: for long work that shares nothing
    with other threads, so that it goes where there is room."""
    everything, own = _known or ((), ())
    _move(everything)
    try:
        yield
    finally:
        _move(own)


def _move(processors: Collection[int]) -> None:
    # To run on none is refused; a sandbox may forbid more, and not every system knows of it.
    with contextlib.suppress(OSError, AttributeError):
        os.sched_setaffinity(0, processors)
