"""Named places in the code where a test may stop a thread, to force an interleaving."""

from collections.abc import Callable

_probes: dict[str, Callable[[], None]] = {}


def reached(place: str) -> None:
    """Called by the code at ``place``; does nothing unless a test has set a probe there."""
    if _probes and (probe := _probes.get(place)):
        probe()


def set_probe(place: str, action: Callable[[], None]) -> None:
    """Run ``action`` in each thread that reaches ``place``."""
    _probes[place] = action


def clear_probes() -> None:
    _probes.clear()
