"""Counts the calls of Python functions in this thread: a measure of work that no clock disturbs."""

import sys
from collections.abc import Callable
from typing import Any

from flask import Flask, Response


class Counter:
    """How many functions were called, Python's own and those written in C."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, _frame: Any, what: str, _argument: Any) -> None:
        if what in ("call", "c_call"):
            self.calls += 1


def calls_of(act: Callable[[], Any]) -> int:
    """Calls below ``act``; the least of three, since caches fill and rubbish is collected."""
    return min(calls_once(act) for _ in range(3))


def calls_once(act: Callable[[], Any]) -> int:
    """Calls below ``act``, which is done once."""
    counter = Counter()
    before = sys.getprofile()
    sys.setprofile(counter)
    try:
        act()
    finally:
        sys.setprofile(before)
    return counter.calls


def bare_client(body: bytes) -> Any:
    """A client of a Flask view that answers ``body`` and does nothing else."""
    app = Flask("bare")

    @app.get("/")
    def view() -> Response:
        return Response(body, content_type="application/json")

    return app.test_client()
