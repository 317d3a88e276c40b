"""Runs actions in threads that start at one moment."""

import os
import threading
from collections.abc import Callable, Sequence
from contextvars import copy_context
from typing import Any

import pytest

REPEATS = int(os.environ.get("KIRANA_TEST_REPEATS", "1"))
SECONDS = 60

repeated = pytest.mark.parametrize("attempt", range(REPEATS))


def at_once(actions: Sequence[Callable[[], Any]]) -> list[Any]:
    """What each action returned or raised, in the order of ``actions``.

    A clock that is frozen here is frozen in the threads too.
    """
    start = threading.Barrier(len(actions))
    outcomes: list[Any] = [None] * len(actions)

    def run(index: int, action: Callable[[], Any]) -> None:
        start.wait(SECONDS)
        try:
            outcomes[index] = action()
        except Exception as error:
            outcomes[index] = error

    threads = [
        threading.Thread(target=copy_context().run, args=(run, index, action), daemon=True)
        for index, action in enumerate(actions)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
        assert not thread.is_alive(), "a thread hangs"
    return outcomes


def raised(outcomes: Sequence[Any]) -> list[str]:
    """The kinds of errors among the outcomes, sorted."""
    return sorted(type(each).__name__ for each in outcomes if isinstance(each, Exception))


def succeeded(outcomes: Sequence[Any]) -> list[Any]:
    return [each for each in outcomes if not isinstance(each, Exception)]
