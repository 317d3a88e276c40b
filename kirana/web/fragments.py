"""Parts of pages that are rendered once: ``{% kept "card", card, lazy %}…{% endkept %}``.

What stands inside depends on the values named and on nothing else of the request, but for what
differs from visitor to visitor: how much of a product is in the basket, a form's CSRF token, the
page that it leads back to. Those stand in the part as marks and are filled in for whoever asks.
There is nothing to invalidate: other values are another part.
"""

import secrets
import sys
from collections.abc import Callable, Mapping, MutableMapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, cast
from urllib.parse import urlencode

from flask import Flask, current_app, request
from flask.templating import Environment
from jinja2 import nodes
from jinja2.ext import Extension
from jinja2.parser import Parser
from markupsafe import Markup, escape
from werkzeug.local import LocalProxy

from kirana.cart.queries import BasketView
from kirana.cart.visitors import taken_lines
from kirana.platform.pages import CSRF_FIELD, RETURN_FIELD, csrf_token
from kirana.platform.shelves import NearShelf

_SHELF = "kept_parts"
_SECONDS = 3600
_inside: ContextVar[bool] = ContextVar("inside a kept part", default=False)
# Marks that nobody can write into a product's title. The last stands around a slug and around its
# stepper as everybody sees it.
_CSRF, _RETURN, _SIGN_IN, _OWN = (secrets.token_hex(16) for _ in range(4))
_COME_BACK_TO = ("/products", "/categories/", "/search", "/basket")
# Parts made of others lie apart, or the pages that hardly anybody opens would crowd out the cards.
_MOST, _SMALL, _LARGEST = 8192, 8 * 1024, 256 * 1024
_MOST_BYTES = 12 * 1024 * 1024


class ShopEnvironment(Environment):
    """All templates share one dictionary of globals: each import of macros compares them."""

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return super().make_globals(d) if d else self.globals


def install(app: Flask) -> None:
    """Give the templates the tag, and the fields that differ from visitor to visitor."""
    app.jinja_env.add_extension(KeptParts)
    app.jinja_env.globals.update(
        {
            _SHELF: [NearShelf(_MOST, largest, _MOST_BYTES) for largest in (_SMALL, _LARGEST)],
            "csrf": csrf,
            "return_path": return_path,
            "sign_in_url": sign_in_url,
            "own_stepper": own_stepper,
        }
    )


def csrf() -> str:
    """The hidden field of a form; nothing for a guest, whose pages are shared."""
    return _CSRF if _inside.get() else _csrf_field()


def return_path() -> str:
    """Where a form leads back to: the page it stands on; from an answer to a POST, the basket."""
    return _RETURN if _inside.get() else _return_path()


def sign_in_url() -> str:
    """The sign-in, and from there back to the page of the shop that one was on."""
    return _SIGN_IN if _inside.get() else _sign_in_url()


def own_stepper(slug: str, plain: Markup) -> Markup:
    """A product's stepper with what the visitor has of it, or as it is for everybody."""
    if _inside.get():
        return Markup("{0}{1}{0}{2}{0}").format(_OWN, slug, plain)
    own = _own_stepper(slug)
    return plain if own is None else (plain if _gone(plain) else Markup()) + own


class KeptParts(Extension):
    """The tag ``kept``."""

    tags = {"kept"}

    def parse(self, parser: Parser) -> nodes.Node:
        line = next(parser.stream).lineno
        key = parser.parse_tuple()
        body = parser.parse_statements(("name:endkept",), drop_needle=True)
        call = self.call_method("_part", [key])
        return nodes.CallBlock(call, [], [], body).set_lineno(line)

    def _part(self, key: Any, caller: Callable[[], str]) -> str:
        small, large = cast(list[NearShelf], self.environment.globals[_SHELF])
        name = _hashable(key)
        part: _Part | None = small.get(name) or large.get(name)
        if part is None:
            outside = _inside.set(True)
            try:
                part = _Part(str(caller()))
            finally:
                _inside.reset(outside)
            size = sys.getsizeof(part.text) + _weight(name)
            _ = small.put(name, part, _SECONDS, size) or large.put(name, part, _SECONDS, size)
        return part.text if _inside.get() else part.filled()


@dataclass(slots=True, eq=False)
class _Part:
    """What was rendered, with its marks; which they are is looked for once."""

    text: str
    _has_own: bool = field(init=False)
    _fields: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self._has_own = _OWN in self.text
        self._fields = [mark for mark in _FIELDS if mark in self.text]

    def filled(self) -> str:
        """For whoever asks."""
        text = self._with_steppers() if self._has_own else self.text
        for mark in self._fields:
            text = text.replace(mark, _FIELDS[mark]())
        return text

    def _with_steppers(self) -> str:
        pieces, taken = self.text.split(_OWN), taken_lines()
        for place in range(1, len(pieces), 3):
            if pieces[place] in taken:
                plain, own = pieces[place + 1], _own_stepper(pieces[place])
                pieces[place + 1] = f"{_gone(plain)}{own}"
            pieces[place] = ""
        return "".join(pieces)


def _gone(plain: str) -> str:
    """What stays beside one's own stepper: that there is no more."""
    return plain if "product-gone" in plain else ""


def _own_stepper(slug: str) -> Markup | None:
    line = taken_lines().get(slug)
    if line is None:
        return None
    stepper: Any = current_app.jinja_env.get_template("components/stepper.html").module
    return cast(Markup, stepper.stepper(line, line.quantity))


def _csrf_field() -> Markup:
    token = csrf_token()
    return _hidden(token) if token else Markup()


@lru_cache(maxsize=1024)
def _hidden(token: str) -> Markup:
    return Markup('<input type="hidden" name="{}" value="{}">').format(CSRF_FIELD, token)


def _return_path() -> str:
    return request.full_path.strip("?") if request.method in ("GET", "HEAD") else "/basket"


def _sign_in_url() -> str:
    if request.method != "GET" or not request.path.startswith(_COME_BACK_TO):
        return "/sign-in"
    return f"/sign-in?{urlencode({RETURN_FIELD: request.full_path.rstrip('?')})}"


_FIELDS: Mapping[str, Callable[[], str]] = {
    _CSRF: _csrf_field,
    _RETURN: lambda: escape(_return_path()),
    _SIGN_IN: lambda: escape(_sign_in_url()),
}


def _weight(name: Any) -> int:
    """About the bytes that a key takes; values that others hold as well count little."""
    if isinstance(name, tuple):
        return 64 + sum(_weight(each) for each in name)
    if isinstance(name, BasketView):
        return 1024 * (1 + len(name.lines))
    return sys.getsizeof(name) if isinstance(name, str) else 64


def _hashable(value: Any) -> Any:
    """The same for lists and dictionaries of plain values, and what stands behind a proxy now."""
    if type(value) is LocalProxy:
        value = value._get_current_object()
    if isinstance(value, dict):
        return tuple(_hashable(each) for each in value.values())
    if isinstance(value, list | tuple):
        return tuple(_hashable(each) for each in value)
    return value
