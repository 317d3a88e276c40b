"""Passwords: what is accepted, and Argon2id with 19 MiB, two passes, one lane.

A password is taken exactly: nothing is cut off, trimmed or folded. It is put into Unicode form C
(as RFC 8265 does), so that an accent typed on another keyboard is the same accent; signs that
merely look alike stay different. What kinds of signs it holds is nobody's business but its owner's.
"""

import re
import unicodedata
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from kirana.accounts.house_rules import house_rules
from kirana.platform.errors import Invalid
from kirana.platform.processors import anywhere

SHORTEST = 8
LONGEST = 128
# A known word with no more than these many digits and signs around it is still that word.
MOST_AROUND = 6
_OF_SHOPS = """
kirana grocery groceries grocer supermarket store shop shopping basket bazaar market dukaan sabzi
vegetables customer manager admin administrator password
"""
_SHOP_WORDS = frozenset(_OF_SHOPS.split())
_LISTED = Path(__file__).with_name("common_passwords.txt")
_AROUND = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# What is checked for an unknown address, so that it costs the same. Nobody knows its password.
ABSENT = (
    "$argon2id$v=19$m=19456,t=2,p=1$G5tGMNhsun73kEACbVropQ"
    "$eQTDoZ8Kaw79bIR9MpQJ+toFzrqs1bkguBHNdRhzplg"
)


def check_password(password: str, pointer: str, *personal: str) -> None:
    """Raise Invalid at ``pointer`` for a length beyond 8–128, or for one that is tried first.

    Those are 11,000 common ones, the words of the shop, what repeats itself, and ``personal``
    texts that others know (the e-mail address, the name); each with a few digits around it too.
    """
    if not SHORTEST <= len(_normal(password)) <= LONGEST:
        raise Invalid.at(pointer, f"must have {SHORTEST} to {LONGEST} characters")
    if reason := _why_guessable(comparable(password), personal):
        raise Invalid.at(pointer, f"choose one that is harder to guess: {reason}")


@anywhere()
def hash_password(password: str) -> str:
    """The costly hash. Never call it inside a transaction: others wait."""
    return _hasher.hash(_normal(password))


@anywhere()
def matches(stored: str, password: str) -> bool:
    """Whether ``password`` is the one behind ``stored``; as costly as ``hash_password``."""
    try:
        return _hasher.verify(stored, _normal(password))
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    """Whether ``stored`` was made with other costs than today's."""
    return _hasher.check_needs_rehash(stored)


def comparable(text: str) -> str:
    """How texts are compared with what is known, and only there: case and width do not count."""
    return unicodedata.normalize("NFKC", text).casefold()


def _normal(password: str) -> str:
    return unicodedata.normalize("NFC", password)


def _why_guessable(plain: str, personal: tuple[str, ...]) -> str:
    """What makes it easy; empty for a good one."""
    stem = _AROUND.sub("", plain)
    is_word = 0 < len(stem) >= len(plain) - MOST_AROUND
    candidates = {plain, re.sub(r"[\W_]+", "", plain), stem if is_word else plain} - {""}
    reasons = {
        "it repeats itself": plain in (plain * 2)[1:-1],
        "it is your name or address": candidates & set[str]().union(*map(_words, personal)),
        "it is a word of the shop": candidates & (_SHOP_WORDS | _words(house_rules().shop_name)),
        "it is one of the most used": any(f"\n{text}\n" in _common() for text in candidates),
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def _words(text: str) -> set[str]:
    """A known text, its words, and both without what stands between them."""
    plain = comparable(text)
    parts = [part for part in re.split(r"[\W_]+", plain) if part]
    return {plain, plain.partition("@")[0], "".join(parts), *parts}


@cache
def _common() -> str:
    """The listed passwords, each between line breaks, read on first use.

    One text of 120 KB is searched in 25 µs; a set of them takes 1.3 MB in every process.
    """
    return "\n" + _LISTED.read_text(encoding="utf-8")
