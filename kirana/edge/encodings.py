"""Compressed forms of what is sent many times: made once, chosen by what a client takes.

Only bytes that hold no secret are compressed: the length of a page with a secret and with words
of somebody else in it would tell of the secret.
"""

import gzip
from functools import lru_cache

import brotli

# Below this a packet is a packet.
LEAST = 512
_QUALITY = 5
_BEST = 9
_TEXTUAL = ("text/", "application/json", "application/javascript", "image/svg+xml")


def is_textual(media_type: str) -> bool:
    """Whether it shrinks; pictures and fonts are compressed already."""
    return media_type.startswith(_TEXTUAL) or media_type.partition(";")[0].endswith("+json")


@lru_cache(maxsize=256)
def best_of(accepted: str) -> str:
    """``br``, ``gzip``, or empty for the bytes as they are: the best in an Accept-Encoding."""
    taken = set()
    for item in accepted.lower().split(","):
        name, _, quality = item.partition(";")
        if quality.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000"):
            taken.add(name.strip())
    return next((name for name in ("br", "gzip") if name in taken), "")


def compressed(data: bytes, encoding: str, for_ever: bool = False) -> bytes:
    """``data`` as ``br`` or ``gzip``; harder if it is done once for the life of the process."""
    if encoding == "br":
        made: bytes = brotli.compress(data, quality=_BEST if for_ever else _QUALITY)
        return made
    return gzip.compress(data, _BEST if for_ever else _QUALITY, mtime=0)
