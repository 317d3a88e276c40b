"""Addresses in the one form under which the edge files its answers. Pure."""

import functools
import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, urlencode

LONGEST_QUERY = 512
MOST_PAIRS = 20
# What a page may be asked for several of.
LISTS = frozenset({"without"})
# Pairs in which nothing is written in another way, up to MOST_PAIRS of them.
_PAIR = r"[\w.~-]+=[\w.~-]*"
_BARE = re.compile(f"{_PAIR}(?:&{_PAIR}){{0,{MOST_PAIRS - 1}}}", re.ASCII)
# In the environment of a request: its query, taken apart.
TEXTS = "kirana.texts"


def without_port(host: str) -> str:
    """The host alone: no page depends on the port, and there are many."""
    name, _, port = host.rpartition(":")
    return name if port.isdecimal() and name else host


class PlainQuery(NamedTuple):
    """A query in its one form, whether it looks for words, and its texts by name."""

    text: str
    is_search: bool
    texts: Mapping[str, list[str]]


def _pairs(query: str, is_bare: bool) -> list[tuple[str, str]]:
    """Raises ValueError for too many."""
    if is_bare:
        return [(name, value) for name, _, value in (x.partition("=") for x in query.split("&"))]
    return parse_qsl(query, keep_blank_values=True, max_num_fields=MOST_PAIRS)


@functools.lru_cache(maxsize=1024)
def plain_query(names: frozenset[str] | None, query: str) -> PlainQuery | None:
    """The query in one order, of these names alone; None if it is far too much.

    Pages (whose names are given) take an empty field for none; the API refuses it, and what it does
    not know: there both stay. A page of a search is None too: it is counted inside.
    """
    if not query:
        return PlainQuery("", is_search=False, texts={})
    if len(query) > LONGEST_QUERY or not query.isascii():
        return None
    is_bare = _BARE.fullmatch(query) is not None
    try:
        pairs = _pairs(query, is_bare)
    except ValueError:
        return None
    if any("\ufffd" in name + value for name, value in pairs):
        return None  # what is not UTF-8 is refused inside
    words = [value for name, value in pairs if name == "q"]
    if names is not None:
        if words:
            return None
        first = dict(reversed(pairs))  # as a page reads a name that comes twice, but for lists
        pairs = [
            (name, text)
            for name, text in dict.fromkeys(pairs)
            if text and name in names and (name in LISTS or first[name] == text)
        ]
    pairs.sort(key=lambda pair: pair if pair[0] in LISTS else pair[:1])
    texts: dict[str, list[str]] = {}
    for name, value in pairs:
        texts.setdefault(name, []).append(value)
    text = "&".join(map("=".join, pairs)) if is_bare else urlencode(pairs, quote_via=quote)
    return PlainQuery(text, any(each.strip() for each in words), texts)
