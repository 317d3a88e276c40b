"""JSON as RFC 8259 means it, and no more than we can keep."""

import json
import math
from typing import Any

from kirana.platform.errors import BadRequest

MAX_DEPTH = 32
MOST_NAMES = 200
_LARGEST_INTEGER = 2**63 - 1


class MalformedBody(BadRequest):
    code = "malformed_body"
    message = "The body is not valid JSON."


def parse_json(raw: bytes) -> Any:
    """Strict JSON: no NaN, no duplicate keys, 64-bit integers, depth ≤ 32. Raises MalformedBody."""
    try:
        found = _decoder.decode(raw.decode("utf-8"))
        _check_depth(found, MAX_DEPTH)
    except (ValueError, RecursionError) as error:
        raise MalformedBody(f"The body is not valid JSON: {str(error)[:120]}") from None
    return found


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key occurs twice")
    if len(found) > MOST_NAMES:
        raise ValueError(f"an object has more than {MOST_NAMES} names")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _integer(text: str) -> int:
    if len(text) > 20 or not -_LARGEST_INTEGER - 1 <= int(text) <= _LARGEST_INTEGER:
        raise ValueError("an integer is beyond 64 bits")
    return int(text)


def _fraction(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise ValueError("a number is too large")
    return number


def _check_depth(value: Any, left: int) -> None:
    if left == 0:
        raise ValueError(f"it is nested deeper than {MAX_DEPTH}")
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in inner:
        _check_depth(item, left - 1)


_decoder = json.JSONDecoder(
    object_pairs_hook=_unique,
    parse_constant=_no_constant,
    parse_int=_integer,
    parse_float=_fraction,
)
