"""The token of a list's link: computed with a key of ours, so that it need not be kept anywhere."""

import base64
import hashlib
import hmac
from collections.abc import Iterable

from kirana.platform.tokens import hash_secret


def link_token(secret: str, uid: str) -> str:
    """The 256 bits in the address of the link ``uid``; ``secret`` is the shop's."""
    key = hashlib.sha256(b"kirana shopping list\0" + secret.encode()).digest()
    digest = hmac.new(key, uid.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def known_token(secrets: Iterable[str], uid: str, token_hash: str) -> str | None:
    """The token again, for its owner; None where it was made with a secret that is gone."""
    tokens = (link_token(secret, uid) for secret in secrets)
    fitting = (each for each in tokens if hmac.compare_digest(hash_secret(each), token_hash))
    return next(fitting, None)
