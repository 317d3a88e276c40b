"""Texts that people type about themselves: one clean line each, with errors in plain words."""

import re
import unicodedata
from collections.abc import Callable
from functools import cache
from zoneinfo import available_timezones

from kirana.platform.errors import Invalid
from kirana.platform.words import ONE_LINE

LONGEST_NAME = 120
_LOCALE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?")
_LINK = re.compile(r"://|www\.", re.IGNORECASE)
_SURROGATE = re.compile("[\ud800-\udfff]")
_PHONE = re.compile(r"\+?[0-9 ()./-]{5,31}")


def one_line(text: str, pointer: str, longest: int) -> str:
    """``text`` trimmed. Raises Invalid when empty, too long, or with a line break or control."""
    clean = unicodedata.normalize("NFC", text).strip()
    if not clean:
        raise Invalid.at(pointer, "must not be empty", "required")
    if len(clean) > longest:
        raise Invalid.at(pointer, f"must have at most {longest} characters")
    if not re.match(ONE_LINE, clean) or _SURROGATE.search(clean):
        raise Invalid.at(pointer, "must be one line of plain text")
    if not any(unicodedata.category(char)[0] in "LNPS" for char in clean):
        raise Invalid.at(pointer, "must hold something that can be seen")
    return clean


def person_name(text: str) -> str:
    clean = one_line(text, "/name", LONGEST_NAME)
    if _LINK.search(clean):
        raise Invalid.at("/name", "write a name, not a link")
    return clean


def wished_store(text: str) -> str:
    return one_line(text, "/wished_store", 120)


def phone_number(text: str) -> str:
    clean = one_line(text, "/phone", 32)
    if not _PHONE.fullmatch(clean) or sum(char.isdigit() for char in clean) < 5:
        raise Invalid.at("/phone", "write a telephone number, such as +91 98450 12345")
    return clean


def zone_name(text: str) -> str:
    """An IANA time zone. Raises Invalid at /zone."""
    if text not in _zones():
        raise Invalid.at("/zone", "write an IANA time zone, such as Asia/Kolkata")
    return text


@cache
def _zones() -> set[str]:
    """Without the names that mean something else on each host."""
    return available_timezones() - {"Factory", "localtime", "posixrules"}


def locale_name(text: str) -> str:
    if not _LOCALE.fullmatch(text):
        raise Invalid.at("/locale", "write a locale, such as en-IN")
    return text


def collect(*checks: Callable[[], object]) -> None:
    """Run every check; raise one Invalid with all their errors, so that a form shows them all."""
    errors: list[dict[str, str]] = []
    for check in checks:
        try:
            check()
        except Invalid as error:
            errors += error.errors
    if errors:
        raise Invalid(errors=errors)
