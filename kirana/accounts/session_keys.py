"""The tokens of a session: a signed access token, and a chain of refresh tokens.

A refresh token is ``<session uid>.<256 bits>.<mark>``. Its successor is computed from it with a key
of ours, so that asking twice gives the same one although only hashes are stored. The mark says that
we made it, so that an old token is known for what it is however often the chain has moved on since.
"""

import base64
import hashlib
import hmac
from functools import lru_cache

from kirana.platform.tokens import TokenSigner, new_secret

MARK_BYTES = 16


class SessionKeys:
    """Makes tokens with keys derived from ``secret``; knows those of ``previous`` ones as well."""

    def __init__(self, secret: str, *previous: str) -> None:
        self.signer = TokenSigner(secret, *previous)
        self._keys = [
            hashlib.sha256(b"kirana refresh token\0" + each.encode()).digest()
            for each in (secret, *previous)
        ]

    def first_refresh_token(self, session_uid: str) -> str:
        return self._marked(self._keys[0], f"{session_uid}.{new_secret()}")

    def successor(self, token: str) -> str:
        """The token that follows ``token`` in its chain."""
        return self.successors(token)[0]

    def successors(self, token: str) -> list[str]:
        """What follows ``token`` by the key in use, and what followed it by the previous ones."""
        uid = session_uid_in(token)
        return [self._marked(key, f"{uid}.{_text(_mac(key, token))}") for key in self._keys]

    def is_ours(self, token: str) -> bool:
        """Whether a shop with one of these keys made ``token``."""
        bare = token.rpartition(".")[0]
        marked = [self._marked(key, bare) for key in self._keys]
        return any(hmac.compare_digest(token.encode(), each.encode()) for each in marked)

    def _marked(self, key: bytes, bare: str) -> str:
        return f"{bare}.{_text(_mac(key, f'mark {bare}')[:MARK_BYTES])}"


def session_uid_in(token: str) -> str:
    return token.partition(".")[0]


def _mac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@lru_cache(maxsize=4)
def keys_for(*secrets: str) -> SessionKeys:
    """The keys of these secrets, the one in use first."""
    return SessionKeys(*secrets)
