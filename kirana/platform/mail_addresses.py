"""One normal form of an e-mail address, so that one mailbox is one account. Pure.

The normal form is trimmed, NFKC, lower case, the domain in ASCII (UTS 46, not transitional, IDNA
2008 by the ``idna`` package). It is one plain address: no list, display name, comment, quoted
string, address literal, line break or trailing dot, nothing invisible, and no letter beyond ASCII
before the @ (RFC 6531 boxes are not served). ``a.b@``, ``ab@`` and ``ab+x@`` stay three mailboxes:
which of them are one is for their server to say, and guessing would mail a stranger.

A label of the domain is refused when people would take it for another (UTS 39, restriction level
"single script"; section 4, whole-script confusables, as browsers apply them to host names):

* its letters are of two scripts, but for the Japanese and the Korean mix;
* its letters all look Latin and are not, under a top-level domain that is Latin (``аррӏе.com``);
* it holds one of the Latin letters that pass for an ASCII one (dotless i and j, script a and g);
* it holds a combining mark of no script that its letter did not absorb.
"""

import re
import unicodedata

import idna

LONGEST = 254
LONGEST_LOCAL = 64
_LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])")
# Controls, what shows nothing, surrogates, private and unassigned signs, separators, enclosures.
_REFUSED = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs", "Me"}
_MARKS_OF_NO_SCRIPT = range(0x300, 0x370)
_PASS_FOR_ASCII = set("ıȷɑɡ")
# Written together in one word. Names of signs begin with their script.
_MIXES = (
    {"CJK", "IDEOGRAPHIC", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"},
    {"CJK", "IDEOGRAPHIC", "HANGUL"},
)
# Lower-case letters of other scripts that are drawn like Latin ones (UTS 39, confusables.txt).
_LOOK_LATIN = set(
    "асԁеёһіїјӏкмнорԛгѕтԝхуүѵьпшӓӧԍӕ"  # Cyrillic
    "αγεηικνορτυχωϳϲ"  # Greek
    "ազեգհյոսցւքօֆլ"  # Armenian
    "იოყძხჿ"  # Georgian
)


def find_normal_email(text: str) -> str | None:
    """The normal form, or None where there is none."""
    wide = text.strip(" ")
    if any(unicodedata.category(sign) in _REFUSED for sign in wide):
        return None
    local, at, domain = unicodedata.normalize("NFKC", wide).lower().rpartition("@")
    if not at or len(local) > LONGEST_LOCAL or not _LOCAL.fullmatch(local):
        return None
    ascii_domain = _ascii_domain(domain)
    if ascii_domain is None or len(local) + 1 + len(ascii_domain) > LONGEST:
        return None
    return f"{local}@{ascii_domain}"


def _ascii_domain(domain: str) -> str | None:
    try:
        encoded = idna.encode(domain, uts46=True, std3_rules=True).decode("ascii").lower()
        labels = [idna.decode(label) for label in encoded.split(".")]
    except (idna.IDNAError, UnicodeError):  # a trailing dot leaves an empty label
        return None
    is_latin = labels[-1].isascii()
    if not _DOMAIN.fullmatch(encoded) or any(_misleads(label, is_latin) for label in labels):
        return None
    return encoded


def _misleads(label: str, under_latin: bool) -> bool:
    """Whether people would read another label than this one."""
    if label.isascii():
        return False
    letters = {sign for sign in label if unicodedata.category(sign)[0] in "LM"}
    scripts = {unicodedata.name(sign, "?").partition(" ")[0] for sign in letters}
    is_mixed = len(scripts) > 1 and not any(scripts <= mix for mix in _MIXES)
    has_odd_sign = any(sign in _PASS_FOR_ASCII for sign in letters) or any(
        ord(sign) in _MARKS_OF_NO_SCRIPT for sign in letters
    )
    return is_mixed or has_odd_sign or (under_latin and letters <= _LOOK_LATIN)
