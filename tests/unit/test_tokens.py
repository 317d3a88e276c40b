from datetime import timedelta

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from kirana.platform import clock, tokens

SIGNER = tokens.TokenSigner("a secret of more than thirty-two bytes for tests")
KEY = SIGNER._ring[SIGNER._kid]
CLAIMS = tokens.AccessClaims("session", 3)


def test_a_token_names_its_session_and_nothing_personal() -> None:
    token = SIGNER.sign(CLAIMS)
    assert SIGNER.read(token) == CLAIMS
    payload = jwt.decode(token, KEY, algorithms=["HS256"]).claims
    assert set(payload) == {"iss", "aud", "sid", "tv", "typ", "iat", "nbf", "exp", "jti"}
    assert payload["exp"] - payload["iat"] == tokens.ACCESS_SECONDS <= 15 * 60


def test_a_token_ends() -> None:
    token = SIGNER.sign(CLAIMS)
    with (
        clock.frozen(clock.utc_now() + timedelta(minutes=16)),
        pytest.raises(tokens.TokenExpired),
    ):
        SIGNER.read(token)


def test_a_token_of_the_future_does_not_count_yet() -> None:
    with clock.frozen(clock.utc_now() + timedelta(minutes=5)):
        token = SIGNER.sign(CLAIMS)
    with pytest.raises(tokens.TokenInvalid):
        SIGNER.read(token)


def forged(algorithm: str, key: OctKey, **changed: object) -> str:
    good = jwt.decode(SIGNER.sign(CLAIMS), KEY, algorithms=["HS256"])
    header = {"alg": algorithm, "kid": good.header["kid"]} | changed.pop("header", {})  # type: ignore[operator]
    return jwt.encode(header, {**good.claims, **changed}, key, algorithms=["HS256", "HS512"])


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "a.b.c",
        "eyJhbGciOiJub25lIn0.eyJzaWQiOiJ4In0.",
        forged("HS256", OctKey.import_key(b"another key of thirty-two bytes!!")),
        forged("HS512", KEY),
        forged("HS256", KEY, aud="elsewhere"),
        forged("HS256", KEY, iss="elsewhere"),
        forged("HS256", KEY, typ="refresh"),
        forged("HS256", KEY, sid=7),
        forged("HS256", KEY, tv="3"),
        forged("HS256", KEY, exp="tomorrow"),
        forged("HS256", KEY, header={"kid": "other"}),
    ],
)
def test_forged_tokens_are_refused(token: str) -> None:
    with pytest.raises(tokens.TokenInvalid):
        SIGNER.read(token)
