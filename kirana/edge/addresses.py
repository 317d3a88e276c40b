"""Addresses in the one form under which the edge files its answers. Pure."""

import functools
from urllib.parse import parse_qsl, quote, urlencode

LONGEST_QUERY = 512
MOST_PAIRS = 20


def without_port(host: str) -> str:
    """The host alone: no page depends on the port, and there are many."""
    name, _, port = host.rpartition(":")
    return name if port.isdecimal() and name else host


@functools.lru_cache(maxsize=1024)
def plain_query(names: frozenset[str] | None, query: str) -> str | None:
    """The query in one order, of these names alone; None if it is a search, or far too much.

    Pages (whose names are given) take an empty field for none; the API refuses it, and what it does
    not know: there both stay.
    """
    if not query:
        return ""
    if len(query) > LONGEST_QUERY or not query.isascii():
        return None
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=MOST_PAIRS)
    except ValueError:
        return None
    if any(name == "q" or "\ufffd" in name + value for name, value in pairs):
        return None  # searches are counted, and what is not UTF-8 is refused inside
    if names is not None:
        first = dict(reversed(pairs))  # as a page reads a name that comes twice
        pairs = [(name, text) for name, text in first.items() if text and name in names]
    return urlencode(sorted(pairs, key=lambda pair: pair[0]), quote_via=quote)
