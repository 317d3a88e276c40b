"""What a view says of its answer: whether the edge may keep it, and whether it may make it."""

import functools
from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

from flask import Flask, g, request
from werkzeug.routing import Rule as Route

from kirana.platform.http import PUBLIC, Read

Kind = Literal["catalogue", "fixed"]
View = Callable[..., Any]
# In the environment of a request: what kind of answer Flask gave.
KEEP = "kirana.keep"


class Rule(NamedTuple):
    """The answers to one address, or to all below it, which ``variable`` then stands for."""

    kind: Kind
    names: frozenset[str] | None
    stem: str
    variable: str
    read: Read | None
    # What searches of an address are counted against: times, and the setting.
    limit: tuple[str, str] | None

    def values(self, path: str) -> Mapping[str, str] | None:
        """What the view takes from this path; None if Flask would take it for another."""
        if not self.variable:
            return {}
        rest = path[len(self.stem) :]
        return {self.variable: rest} if rest.isascii() and rest.isprintable() and rest else None


def kept_at_edge(kind: Kind, names: frozenset[str] | None = None) -> Callable[[View], View]:
    """The view's answer depends on the address, the theme and the catalogue's version alone.

    ``fixed``: on the address alone, for as long as the answer says it is immutable. ``names`` are
    those of the query that a page reads: all others are taken off before it is asked, so that
    nobody fills the shelf with one page under many addresses. None: the view refuses what it does
    not know.
    """

    def declare(view: View) -> View:
        @functools.wraps(view)
        def marked(*args: Any, **kwargs: Any) -> Any:
            answer = view(*args, **kwargs)
            if not is_let_pass():
                request.environ[KEEP] = kind
            return answer

        marked.__kept__ = kind, names  # type: ignore[attr-defined]
        return marked

    return declare


def let_pass() -> None:
    """The answer that is being made is not to be kept: it may be outdated by the next."""
    g.is_let_pass = True


def is_let_pass() -> bool:
    return "is_let_pass" in g


def rules_of(app: Flask) -> tuple[dict[str, Rule], dict[str, Rule]]:
    """By address, and by what an address begins with."""
    exact: dict[str, Rule] = {}
    below: dict[str, Rule] = {}
    for route in app.url_map.iter_rules():
        if rule := _rule(route, app.view_functions[route.endpoint]):
            (below if rule.variable else exact)[rule.stem] = rule
    return exact, below


def _rule(route: Route, view: View) -> Rule | None:
    kept = getattr(view, "__kept__", None)
    if kept is None:
        return None
    kind, names = kept
    stem, variable, _rest = route.rule.partition("<")
    name = next(iter(route.arguments)) if variable else ""
    is_public = getattr(view, "__access__", "") == PUBLIC
    read = getattr(view, "__read__", None) if is_public else None
    return Rule(kind, names, stem, name, read, getattr(view, "__limit__", None))
