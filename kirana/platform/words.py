"""Texts as they are sorted, searched and put into addresses. Pure."""

import re
import unicodedata

SLUG_LENGTH = 80
# The end of a text, in patterns for Python and JavaScript alike: ``$`` allows a line break.
END = r"(?![\s\S])"
# One line of text: no control character, no line or paragraph separator, no bidi override.
ONE_LINE = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]*" + END
_KEPT = ("L", "N", "M")
_BOUND = re.compile(r"expected `int` (>=|<=) (-?[0-9]+)")
# The accents of Latin, Greek and Cyrillic; other scripts need their marks.
_ACCENTS = range(0x300, 0x370)
# As they are typed and as they are set: within a word they are no space.
_APOSTROPHES = dict.fromkeys(map(ord, "'’‘ʼ`´"))


def folded(text: str) -> str:
    """Words in one case without accents or punctuation, single spaces: a key to sort by."""
    plain = (
        character
        for character in unicodedata.normalize("NFKD", text.casefold().translate(_APOSTROPHES))
        if ord(character) not in _ACCENTS
    )
    spaced = (c if unicodedata.category(c)[0] in _KEPT else " " for c in plain)
    return " ".join("".join(spaced).split())


def duration_text(seconds: int) -> str:
    """``40 seconds``, ``55 minutes``, ``2 hours``: never less than ``seconds``."""
    for size, name in ((3600, "hour"), (60, "minute"), (1, "second")):
        if seconds >= size or size == 1:
            count = -(-seconds // size)
            return f"{count} {name}{'' if count == 1 else 's'}"
    raise AssertionError("unreachable")


def as_typed(text: object, error: dict[str, str]) -> dict[str, str]:
    """An error of a field in the words of somebody who filled in a form."""
    if text == "":
        return {**error, "code": "required", "detail": "must be given"}
    if bound := _BOUND.fullmatch(error["detail"]):
        way = "or more" if bound[1] == ">=" else "or less"
        return {**error, "detail": f"must be {bound[2]} {way}"}
    if error["detail"].startswith("expected `int`"):
        return {**error, "detail": "must be a whole number"}
    return error


def slug_of(text: str, otherwise: str) -> str:
    """Lower-case ASCII words joined by hyphens; ``otherwise`` where nothing remains."""
    ascii_words = re.findall(r"[a-z0-9]+", folded(text.replace("&", " and ")))
    return "-".join(ascii_words)[:SLUG_LENGTH].strip("-") or otherwise
