"""One normal form of an e-mail address, so that one mailbox is one account."""

import re
import unicodedata

from kirana.platform.errors import Invalid

LONGEST = 254
LONGEST_LOCAL = 64
_LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])")


def normal_email(text: str) -> str:
    """Trimmed, NFKC, lower case, the domain in its ASCII form (IDNA).

    Raises Invalid at /email for anything but one plain address: no list, no comment, no quotes,
    no line break, no letters beyond ASCII before the @.
    """
    found = find_normal_email(text)
    if found is None:
        raise Invalid.at("/email", "write an e-mail address, such as asha@shop.example")
    return found


def find_normal_email(text: str) -> str | None:
    """The normal form, or None where there is none."""
    local, at, domain = unicodedata.normalize("NFKC", text).strip(" ").lower().rpartition("@")
    if not at or len(local) > LONGEST_LOCAL or not _LOCAL.fullmatch(local):
        return None
    try:
        domain = domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return None
    known = _DOMAIN.fullmatch(domain) and len(local) + 1 + len(domain) <= LONGEST
    return f"{local}@{domain}" if known else None
