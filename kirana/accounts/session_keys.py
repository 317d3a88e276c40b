"""The tokens of a session: a signed access token, and a chain of refresh tokens.

A refresh token is ``<session uid>.<256 bits>``. Its successor is computed from it with a key of
ours, so that asking twice gives the same one although only hashes are stored, and so that an old
token is known for what it is however often the chain has moved on since.
"""

import base64
import hashlib
import hmac
from functools import lru_cache

from kirana.platform.tokens import TokenSigner, hash_secret, new_secret

LONGEST_CHAIN = 3000


class SessionKeys:
    """Makes and recognises tokens with keys derived from the shop's secret."""

    def __init__(self, secret: str) -> None:
        self.signer = TokenSigner(secret)
        self._key = hashlib.sha256(b"kirana refresh token\0" + secret.encode()).digest()

    def first_refresh_token(self, session_uid: str) -> str:
        return f"{session_uid}.{new_secret()}"

    def successor(self, token: str) -> str:
        """The token that follows ``token`` in its chain."""
        digest = hmac.new(self._key, token.encode(), hashlib.sha256).digest()
        tail = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        return f"{session_uid_in(token)}.{tail}"

    def came_before(self, token: str, current_hash: str) -> bool:
        """Whether ``token`` is an earlier link of the chain that now ends in ``current_hash``."""
        for _ in range(LONGEST_CHAIN):
            token = self.successor(token)
            if hash_secret(token) == current_hash:
                return True
        return False


def session_uid_in(token: str) -> str:
    return token.partition(".")[0]


@lru_cache(maxsize=4)
def keys_for(secret: str) -> SessionKeys:
    return SessionKeys(secret)
