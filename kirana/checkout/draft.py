"""The address that was typed and not ordered with yet, kept in the person's own browser.

Nothing of it is stored here. It opens only for the account whose form it was typed into, also
when that account has been signed out in between.
"""

import hashlib
import hmac
from collections.abc import Mapping

import msgspec

from kirana.platform import cookies
from kirana.platform.access import Actor
from kirana.platform.sealing import CannotOpen, sealer_for
from kirana.platform.shop_settings import settings

FIELDS = {"name": 120, "phone": 40, "street": 200, "city": 80, "postcode": 16, "note": 500}
Texts = Mapping[str, str]
OWNER_FIELD = "whose"
KEPT_SECONDS = 3600
# Browsers drop a cookie of more than 4096 bytes with its name.
_LARGEST = 3900
_TEXTS = msgspec.json.Decoder(dict[str, str])


def owner_mark(actor: Actor) -> str:
    """Says whose form it is, to this shop alone."""
    text = f"draft:{actor.owner_key}".encode()
    return hmac.new(settings().secret.encode(), text, hashlib.sha256).hexdigest()


def is_typed(form: Texts) -> bool:
    """Whether a form that was sent is the checkout's, with an address in it."""
    return OWNER_FIELD in form and "street" in form


def keep_draft(form: Texts) -> None:
    """Keep what was sent; a note that is too long for a cookie is left out."""
    typed = {name: form.get(name, "")[:most] for name, most in FIELDS.items()}
    owner = form.get(OWNER_FIELD, "")
    for texts in (typed, {**typed, "note": ""}):
        sealed = sealer_for(*settings().secrets).seal(msgspec.json.encode(texts).decode(), owner)
        if len(sealed) <= _LARGEST:
            cookies.keep(cookies.DRAFT_COOKIE, sealed, KEPT_SECONDS)
            return


def read_draft(actor: Actor) -> dict[str, str]:
    """What ``actor`` typed within the hour and did not order with; empty for nothing."""
    sealed = cookies.read(cookies.DRAFT_COOKIE)
    if not sealed:
        return {}
    try:
        opened = sealer_for(*settings().secrets).open(sealed, owner_mark(actor))
        return _TEXTS.decode(opened)
    except (CannotOpen, msgspec.DecodeError):
        return {}


def drop_draft() -> None:
    """It was ordered with."""
    cookies.drop(cookies.DRAFT_COOKIE)
