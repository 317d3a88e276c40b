"""Small secrets that must be read again, encrypted at rest with keys derived from the shop's.

A sealed text names its key (``<key id>.<base64url>``), so that the shop's secret can be rolled
over: what an earlier secret sealed is opened with it and should then be sealed anew.
"""

import base64
import hashlib
import secrets
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12


class CannotOpen(Exception):
    """Sealed by a secret that is not at hand, altered, or meant for somebody else."""


class Sealer:
    """AES-256-GCM. The first secret seals; all of them open."""

    def __init__(self, *secrets_given: str) -> None:
        keys = [
            hashlib.sha256(b"kirana sealed secret\0" + secret.encode()).digest()
            for secret in secrets_given
            if secret
        ]
        self._ciphers = {_key_id(key): AESGCM(key) for key in keys}
        self._current = _key_id(keys[0])

    def seal(self, text: str, owner: str) -> str:
        """``text`` for ``owner`` only: it does not open for another."""
        nonce = secrets.token_bytes(_NONCE)
        hidden = self._ciphers[self._current].encrypt(nonce, text.encode(), owner.encode())
        return f"{self._current}.{base64.urlsafe_b64encode(nonce + hidden).decode()}"

    def open(self, sealed: str, owner: str) -> str:
        """Raises CannotOpen."""
        key_id, _, body = sealed.partition(".")
        try:
            raw = base64.urlsafe_b64decode(body)
            opened = self._ciphers[key_id].decrypt(raw[:_NONCE], raw[_NONCE:], owner.encode())
        except (KeyError, ValueError, InvalidTag):
            raise CannotOpen from None
        return opened.decode()

    def is_outdated(self, sealed: str) -> bool:
        """Whether another secret than today's sealed it."""
        return not sealed.startswith(f"{self._current}.")


def _key_id(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()[:12]


@lru_cache(maxsize=4)
def sealer_for(*secrets_given: str) -> Sealer:
    return Sealer(*secrets_given)
