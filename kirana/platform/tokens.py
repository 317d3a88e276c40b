"""Signed access tokens that name a session and nothing else, and random secrets by their hash.

A token is signed with the key in use and read with that or a previous one: its ``kid`` is looked
up among the keys we hold, its algorithm is always ours, and nothing else in its header counts.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from kirana.platform import clock
from kirana.platform.errors import Unauthorized

ACCESS_SECONDS = 15 * 60
LEEWAY_SECONDS = 10
ALGORITHM = "HS256"
HEADER = {"alg", "kid", "typ"}
ISSUER = "kirana"
AUDIENCE = "kirana-api"
_SESSION = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """What a valid access token says: which session, at which token version of its account."""

    session_uid: str
    token_version: int


class TokenExpired(Unauthorized):
    code = "token_expired"
    message = "The access token has expired. Refresh it or sign in again."


class TokenInvalid(Unauthorized):
    code = "token_invalid"
    message = "The access token is not valid."


class TokenSigner:
    """Signs with the key of ``secret``, reads those of ``previous`` secrets as well.

    One algorithm; ``kid`` is derived from the key.
    """

    def __init__(self, secret: str, *previous: str) -> None:
        self._ring = dict(_key(each) for each in (secret, *previous))
        self._kid = next(iter(self._ring))
        # Who is signed in sends the same bytes with each request; only good ones are remembered.
        self._verified = lru_cache(maxsize=2048)(self._verify)

    def sign(self, claims: AccessClaims) -> str:
        now = int(clock.utc_now().timestamp())
        payload = {
            "iss": ISSUER, "aud": AUDIENCE, "sid": claims.session_uid, "tv": claims.token_version,
            "typ": "access", "iat": now, "nbf": now, "exp": now + ACCESS_SECONDS,
            "jti": secrets.token_urlsafe(8),
        }  # fmt: skip
        header = {"alg": ALGORITHM, "kid": self._kid, "typ": "JWT"}
        return jwt.encode(header, payload, self._ring[self._kid])

    def read(self, token: str) -> AccessClaims:
        """Raises TokenExpired or TokenInvalid."""
        claims, begins, ends = self._verified(token)
        self._check_life(begins, ends)
        return claims

    def _verify(self, token: str) -> tuple[AccessClaims, object, object]:
        """What stays true of a token: what it claims, and from when to when it is good."""
        try:
            found = jwt.decode(token, self._key_of, algorithms=[ALGORITHM])
        except (JoseError, ValueError, UnicodeError):
            raise TokenInvalid from None
        claims = found.claims
        known = claims.get("iss") == ISSUER and claims.get("aud") == AUDIENCE
        session, version = claims.get("sid"), claims.get("tv")
        if not known or claims.get("typ") != "access":
            raise TokenInvalid
        if not isinstance(session, str) or not _SESSION.fullmatch(session):
            raise TokenInvalid
        if type(version) is not int or not 0 <= version < 2**31:
            raise TokenInvalid
        return AccessClaims(session, version), claims.get("nbf"), claims.get("exp")

    def _key_of(self, signed: Any) -> OctKey:
        header = signed.headers()
        kid = header.get("kid")
        if set(header) != HEADER or header["typ"] != "JWT" or str(kid) not in self._ring:
            raise TokenInvalid
        return self._ring[str(kid)]

    def _check_life(self, begins: object, ends: object) -> None:
        now = clock.utc_now().timestamp()
        if not isinstance(begins, int) or not isinstance(ends, int):
            raise TokenInvalid
        if now >= ends + LEEWAY_SECONDS:
            raise TokenExpired
        if now < begins - LEEWAY_SECONDS:
            raise TokenInvalid


def _key(secret: str) -> tuple[str, OctKey]:
    key = hashlib.sha256(b"kirana access token\0" + secret.encode()).digest()
    return hashlib.sha256(key).hexdigest()[:12], OctKey.import_key(key)


def new_secret() -> str:
    """256 random bits, URL-safe."""
    return secrets.token_urlsafe(32)


def hash_secret(secret: str) -> str:
    """SHA-256 in hex: random secrets are kept by it and looked up by it."""
    return hashlib.sha256(secret.encode()).hexdigest()
