"""Passwords: what is accepted, and Argon2id with 19 MiB, two passes, one lane."""

import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from kirana.accounts.common_passwords import COMMON
from kirana.platform.errors import Invalid

SHORTEST = 8
LONGEST = 128
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# What is checked for an unknown address, so that it costs the same. Nobody knows its password.
ABSENT = (
    "$argon2id$v=19$m=19456,t=2,p=1$G5tGMNhsun73kEACbVropQ"
    "$eQTDoZ8Kaw79bIR9MpQJ+toFzrqs1bkguBHNdRhzplg"
)


def check_password(password: str, pointer: str, *personal: str) -> None:
    """Raise Invalid at ``pointer`` for a length beyond 8–128, a common one, or a ``personal`` one.

    ``personal`` are texts that others know: the e-mail address, the name.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid.at(pointer, f"must have {SHORTEST} to {LONGEST} characters")
    plain = _normal(password).casefold()
    known = {text.casefold() for text in personal}
    known |= {text.partition("@")[0] for text in known}
    if plain in COMMON or plain in known or len(set(plain)) == 1:
        raise Invalid.at(pointer, "choose one that is harder to guess")


def hash_password(password: str) -> str:
    """The costly hash. Never call it inside a transaction: others wait."""
    return _hasher.hash(_normal(password))


def matches(stored: str, password: str) -> bool:
    """Whether ``password`` is the one behind ``stored``; as costly as ``hash_password``."""
    try:
        return _hasher.verify(stored, _normal(password))
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    """Whether ``stored`` was made with other costs than today's."""
    return _hasher.check_needs_rehash(stored)


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)
