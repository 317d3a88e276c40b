"""Parts of pages that are rendered once: ``{% kept "card", card, lazy %}…{% endkept %}``.

What stands inside depends on the values named and on nothing else of the request, but for what
differs from visitor to visitor: how much of a product is in the basket, a form's CSRF token, the
page that it leads back to, the basket, who is signed in. Those stand in the part as marks and are
filled in for whoever asks. There is nothing to invalidate: other values are another part.

A whole page is a part as well where nothing else of it differs (``ShopEnvironment.page_for_all``).
"""

import functools
import secrets
import sys
from collections.abc import Callable, MutableMapping, Sequence
from contextvars import ContextVar
from itertools import chain, zip_longest
from string import ascii_lowercase
from typing import Any, NamedTuple, TypeVar, cast

from flask import Flask, request
from flask.templating import Environment
from jinja2 import nodes
from jinja2.ext import Extension
from jinja2.parser import Parser
from jinja2.runtime import StrictUndefined
from markupsafe import Markup, escape
from werkzeug.local import LocalProxy

from kirana.cart.queries import BasketView
from kirana.cart.visitors import taken_lines
from kirana.platform.http import made_for_all
from kirana.platform.shelves import NearShelf
from kirana.web.own import VALUES, Html, stepper_of

_SHELF = "kept_parts"
_SECONDS = 3600
_inside: ContextVar[bool] = ContextVar("inside a kept part", default=False)
_Made = TypeVar("_Made")
# Marks that nobody can write into a product's title. They begin alike, so that one walk through a
# page finds them all; _OWN stands around a slug and around its stepper as everybody sees it.
_MARK, _OWN = secrets.token_hex(16), "."
# Where in a frame stands what is in it, and what parts that from the next.
_HOLE = _MARK + "|"
_TELLERS = dict(zip(ascii_lowercase, VALUES, strict=False))
# Parts made of others lie apart, or the pages that hardly anybody opens would crowd out the cards.
_MOST, _SMALL, _LARGEST = 8192, 8 * 1024, 256 * 1024
_MOST_BYTES = 12 * 1024 * 1024


class ShopEnvironment(Environment):
    """All templates share one dictionary of globals: each import of macros compares them."""

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return super().make_globals(d) if d else self.globals

    def page_for_all(self, template: str, key: Any, render: Callable[[], str]) -> bytes:
        """What ``render`` gives, made once for each ``key`` and theme, and filled in.

        While it is made what is one visitor's is out of reach: RuntimeError, UndefinedError.
        """
        token = made_for_all.set(True)
        try:
            page = _kept(self, ("page", template, theme(), key), render, _Filling)
        finally:
            made_for_all.reset(token)
        return page.filled()

    def framed(self, key: Any, hollow: Callable[[], str], inside: str) -> str:
        """A page of the shop: ``hollow``, rendered once for ``key`` and theme, with its inside."""

        def in_pieces(text: str) -> list[str]:
            return text.split(_HOLE)

        frame = _kept(self, ("frame", theme(), key), hollow, in_pieces)
        return "".join(chain(*zip_longest(frame, in_pieces(inside), fillvalue="")))

    def cards(self, cards: Sequence[dict[str, Any]], eager: int) -> Markup:
        """A card for each, rendered once for its key (or all of it); the first are not lazy."""
        small = cast(list[NearShelf], self.globals[_SHELF])[0]
        keys = [
            ("card", each.get("key") or _hashable(each), n >= eager) for n, each in enumerate(cards)
        ]
        found = small.get_many(keys)
        for place, key in enumerate(keys):
            if found[place] is None:
                render = functools.partial(
                    self._macro, "product_card", "product_card", cards[place], key[2]
                )
                found[place] = _kept(self, key, render, _Part)
        return Markup().join(found)

    def part(self, component: str, name: str, *values: Any) -> "_Part":
        """What a macro makes of ``values``, rendered once, as a part is that stands in a template.

        To call the macro for what is kept in it cost more than all else of it.
        """
        render = functools.partial(self._macro, component, name, *values)
        return _kept(self, (name, *_hashable(values)), render, _Part)

    def _macro(self, component: str, name: str, *values: Any) -> str:
        module: Any = self.get_template(f"components/{component}.html").module
        return str(getattr(module, name)(*values))


def install(app: Flask) -> None:
    """Give the templates the tag, and the fields that differ from visitor to visitor."""
    app.jinja_env.add_extension(KeptParts)
    app.jinja_env.globals.update(
        {
            _SHELF: [NearShelf(_MOST, largest, _MOST_BYTES) for largest in (_SMALL, _LARGEST)],
            "own_stepper": own_stepper,
            "kept_cards": app.jinja_env.cards,  # type: ignore[attr-defined]
            "hole": _HOLE,
            **{tell.__name__: _teller(_MARK + kind, tell) for kind, tell in _TELLERS.items()},
        }
    )


def theme() -> str:
    """The one that the visitor chose, or empty where the system is to say."""
    chosen = request.cookies.get("theme", "")
    return chosen if chosen in ("light", "dark") else ""


def out_of_reach(name: str) -> StrictUndefined:
    """Instead of a visitor's own value, which must not come into what everybody sees."""
    return StrictUndefined(f"{name} is one visitor's, and this page is for all")


def _teller(mark: str, tell: Callable[[], Html]) -> Callable[[], Html | str]:
    """A function for templates: what the visitor has, or where it is to stand."""
    return lambda: mark if _inside.get() else tell()


def own_stepper(slug: str, plain: Markup) -> Markup:
    """A product's stepper with what the visitor has of it, or as it is for everybody."""
    if _inside.get():
        return Markup("{0}{1}{0}{2}{0}").format(_MARK + _OWN, slug, plain)
    own = stepper_of(slug)
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
        return _kept(self.environment, _hashable(key), caller, _Part).__html__()


def _kept(
    environment: Any, name: Any, render: Callable[[], str], make: Callable[[str], _Made]
) -> _Made:
    small, large = cast(list[NearShelf], environment.globals[_SHELF])
    made: _Made | None = small.get(name) or large.get(name)
    if made is None:
        outside = _inside.set(True)
        try:
            text = str(render())
        finally:
            _inside.reset(outside)
        made, size = make(text), sys.getsizeof(text) + _weight(name)
        _ = small.put(name, made, _SECONDS, size) or large.put(name, made, _SECONDS, size)
    return made


class _Stepper(NamedTuple):
    """A product, and which pieces are its stepper as everybody sees it."""

    slug: str
    pieces: slice


class _Part:
    """What a template made; taken apart at its marks when it is first filled in."""

    __slots__ = ("_filling", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._filling: _Filling | None = None

    def __html__(self) -> str:
        """For whoever asks; within another part as it is."""
        if _inside.get():
            return self.text
        if self._filling is None:
            self._filling = _Filling(self.text)
        return self._filling.filled().decode()


class _Filling:
    """A text in pieces as they are sent, and which of them are another for each visitor."""

    __slots__ = ("_own", "_pieces", "_steppers")

    def __init__(self, text: str) -> None:
        begin, *rest = text.encode().split(_MARK.encode())
        self._pieces = [begin]
        self._steppers: list[_Stepper] = []
        self._own: dict[str, list[int]] = {}
        pieces, slug, begins, seen = self._pieces, "", 0, 0
        for piece in rest:
            kind = chr(piece[0])
            if kind == _OWN:  # before the slug, before the stepper, behind it
                seen = (seen + 1) % 3
                if seen == 2:
                    slug, begins = pieces.pop().decode(), len(pieces)
                elif seen == 0:
                    self._steppers.append(_Stepper(slug, slice(begins, len(pieces))))
            else:
                self._own.setdefault(kind, []).append(len(pieces))
                pieces.append(b"")
            pieces.append(piece[1:])

    def filled(self) -> bytes:
        pieces = self._pieces.copy()
        for kind, places in self._own.items():
            told = escape(_TELLERS[kind]()).encode()
            for place in places:
                pieces[place] = told
        taken = taken_lines() if self._steppers else {}
        # From the last one on, as the places behind a stepper move.
        for stepper in reversed(self._steppers if taken else ()):
            if stepper.slug in taken:
                gone = _gone(b"".join(pieces[stepper.pieces]).decode())
                own = escape(stepper_of(stepper.slug) or "")
                pieces[stepper.pieces] = [gone.encode(), own.encode()]
        return b"".join(pieces)


def _gone(plain: str) -> str:
    """What stays beside one's own stepper: that there is no more."""
    return plain if 'class="product-gone"' in plain else ""


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
