"""JSON that depends on its address alone, made without Flask (docs/decisions/0024).

A request has no part in it, so none is opened: no session, no caller, no matching of routes. What
goes wrong Flask tells, as if its view had raised it.
"""

from collections.abc import Mapping
from typing import NamedTuple

from flask import Flask

from kirana.edge.addresses import TEXTS
from kirana.edge.bodies import Environ
from kirana.edge.declared import is_let_pass
from kirana.platform import limits
from kirana.platform.cache import hit_or_miss
from kirana.platform.http import JSON, Read
from kirana.platform.networks import caller_of
from kirana.platform.plain import COUNTED, FAILURE, safe_headers


class Made(NamedTuple):
    """An answer with status 200; ``state`` is what ``X-Cache`` says of it."""

    headers: list[tuple[str, str]]
    body: bytes
    state: str
    may_be_kept: bool


class Reads:
    """Asks the views of one application."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._safe = safe_headers(app.config["SETTINGS"])

    def make(self, read: Read, values: Mapping[str, str], environ: Environ) -> Made | None:
        """The answer to the query in its one form; None where Flask is to answer."""
        try:
            with self._app.app_context():
                found = read(environ[TEXTS], **values)
                state, may_be_kept = hit_or_miss() or "miss", not is_let_pass()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told and logged
            environ[FAILURE] = error
            return None
        if found.status != 200:
            return None
        headers = {**self._safe, **found.headers, "Content-Type": JSON}
        return Made([*headers.items()], found.body, state, may_be_kept)

    def may_search(self, limit: tuple[str, str], environ: Environ) -> bool:
        """Count a search of this address; if it is one too many, Flask counts and tells."""
        caller = caller_of(environ.get("REMOTE_ADDR", ""))
        deed = limits.deed_of(self._app.config["SETTINGS"], *limit, caller)
        ((is_free, left),) = limits.count([deed])
        if is_free:
            environ[COUNTED] = [left]
        return is_free
