"""Keyset pages: a cursor names the last row seen, never an offset."""

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from sqlalchemy import ColumnElement, tuple_

from kirana.platform.clock import is_reachable
from kirana.platform.errors import Invalid

T = TypeVar("T")
LARGEST_PAGE = 100
# Ours are a few words long; what stands in an address stands in the keys of caches too.
LONGEST_CURSOR = 1000
Limit = Annotated[int, msgspec.Meta(ge=1, le=LARGEST_PAGE)]


class PageQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Query part of every list: how many, and where to go on."""

    limit: Limit = 20
    cursor: str | None = None


class Page(msgspec.Struct, Generic[T], frozen=True):
    """One page of a list; ``next_cursor`` is null on the last."""

    items: list[T]
    next_cursor: str | None = None


def encode_cursor(values: Sequence[Any]) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(values)).decode().rstrip("=")


@cache
def _decoder(kinds: tuple[type, ...]) -> Any:
    return msgspec.json.Decoder(tuple[kinds])  # type: ignore[valid-type]


def decode_cursor(cursor: str, kinds: Sequence[type]) -> list[Any]:
    """The values inside a cursor, checked against ``kinds``. Raises Invalid at /cursor."""
    try:
        if len(cursor) > LONGEST_CURSOR:
            raise ValueError("longer than any of ours")
        padded = cursor + "=" * (-len(cursor) % 4)
        text = base64.b64decode(padded, altchars=b"-_", validate=True)
        found = list(_decoder(tuple(kinds)).decode(text))
        if not all(_can_be_stored(value) for value in found):
            raise ValueError("beyond what a column holds")
        return found
    except (ValueError, binascii.Error, RecursionError):
        raise Invalid.at("/cursor", "is not a cursor of this list", "invalid_cursor") from None


def _can_be_stored(value: Any) -> bool:
    if isinstance(value, str):
        value.encode()  # a lone surrogate is a ValueError
        return "\x00" not in value
    if isinstance(value, datetime):
        return value.tzinfo is not None and is_reachable(value)
    return not isinstance(value, int) or -(2**63) <= value < 2**63


def after(columns: Sequence[Any], values: Sequence[Any], descending: bool) -> ColumnElement[bool]:
    """Rows behind ``values`` in the order of ``columns``, all in one direction."""
    left, right = tuple_(*columns), tuple_(*values)
    return left < right if descending else left > right


def to_page(
    rows: Sequence[Any], limit: int, show: Callable[[Any], T], key: Callable[[Any], Sequence[Any]]
) -> Page[T]:
    """A page from ``limit + 1`` rows; the extra row only says that there is more."""
    kept = rows[:limit]
    more = len(rows) > limit and bool(kept)
    return Page([show(row) for row in kept], encode_cursor(key(kept[-1])) if more else None)
