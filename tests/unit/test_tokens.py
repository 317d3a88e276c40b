import base64
import json
from datetime import UTC, datetime, timedelta

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


@pytest.mark.parametrize("times_read", [0, 2])
def test_a_token_ends(times_read: int) -> None:
    signer = tokens.TokenSigner("a shop's secret of its own, of 32 bytes")
    token = signer.sign(CLAIMS)
    assert [signer.read(token) for _ in range(times_read)] == [CLAIMS] * times_read
    assert signer._verified.cache_info().hits == max(0, times_read - 1)
    with (
        clock.frozen(clock.utc_now() + timedelta(minutes=16)),
        pytest.raises(tokens.TokenExpired),
    ):
        signer.read(token)


def test_only_good_tokens_are_remembered() -> None:
    signer = tokens.TokenSigner("a shop's secret of its own, of 32 bytes")
    for token in ("", SIGNER.sign(CLAIMS), signer.sign(CLAIMS)[:-2]):
        with pytest.raises(tokens.TokenInvalid):
            signer.read(token)
    assert signer._verified.cache_info().currsize == 0


def test_a_token_of_the_future_does_not_count_yet() -> None:
    with clock.frozen(clock.utc_now() + timedelta(minutes=5)):
        token = SIGNER.sign(CLAIMS)
    with pytest.raises(tokens.TokenInvalid):
        SIGNER.read(token)


OWN = OctKey.import_key(b"a key that the forger made, 32 bytes")
OTHER = tokens.TokenSigner("another shop's secret, which has 32 bytes too")


def unsigned(header: object) -> str:
    """A token with the claims of a good one, without any signature."""
    claims = SIGNER.sign(CLAIMS).split(".")[1]
    head = base64.urlsafe_b64encode(json.dumps(header).encode()).decode().rstrip("=")
    return f"{head}.{claims}."


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
        *(forged("HS256", KEY, sid=sid) for sid in ("", "\x00", "é", "x" * 65)),
        *(forged("HS256", KEY, tv=tv) for tv in ("3", True, -1, 10**30, 1.0, None)),
        forged("HS256", KEY, exp="tomorrow"),
        forged("HS256", KEY, header={"kid": "other"}),
        forged("HS256", KEY, header={"typ": "at+jwt"}),
        forged("HS256", OWN, header={"jwk": OWN.as_dict()}),
        forged("HS256", OWN, header={"jku": "https://evil.example/keys"}),
        forged("HS256", KEY, header={"jku": "https://evil.example/keys"}),
        forged("HS256", KEY, header={"x5u": "https://evil.example/chain"}),
        forged("HS256", OWN, header={"kid": "../../../../dev/null"}),
        forged("HS256", OTHER._ring[OTHER._kid], header={"kid": OTHER._kid}),
        forged("HS256", OTHER._ring[OTHER._kid]),
        unsigned({"alg": "none", "typ": "JWT"}),
        unsigned({"alg": "none", "typ": "JWT", "kid": SIGNER._kid}),
        unsigned({"alg": "NONE", "typ": "JWT", "kid": SIGNER._kid}),
        unsigned({"alg": "HS256", "typ": "JWT", "kid": SIGNER._kid}),
        unsigned({"alg": "HS256", "typ": "JWT", "kid": [SIGNER._kid]}),
        unsigned({"alg": "HS256", "typ": "JWT"}),
        unsigned({"alg": "RS256", "typ": "JWT", "kid": SIGNER._kid}),
    ],
)
def test_forged_tokens_are_refused(token: str) -> None:
    with pytest.raises(tokens.TokenInvalid):
        SIGNER.read(token)


@pytest.mark.parametrize(
    ("passed", "error"),
    [
        (tokens.ACCESS_SECONDS + tokens.LEEWAY_SECONDS - 1, None),
        (tokens.ACCESS_SECONDS + tokens.LEEWAY_SECONDS, tokens.TokenExpired),
        (-tokens.LEEWAY_SECONDS, None),
        (-tokens.LEEWAY_SECONDS - 1, tokens.TokenInvalid),
    ],
)
def test_clocks_may_differ_a_little(passed: int, error: type[Exception] | None) -> None:
    assert tokens.LEEWAY_SECONDS <= 30
    noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
    with clock.frozen(noon):
        token = SIGNER.sign(CLAIMS)
    with clock.frozen(noon + timedelta(seconds=passed)):
        if error is None:
            assert SIGNER.read(token) == CLAIMS
        else:
            with pytest.raises(error):
                SIGNER.read(token)


@pytest.mark.parametrize("gone", ["iss", "aud", "sid", "tv", "typ", "nbf", "exp"])
def test_no_claim_can_be_left_out(gone: str) -> None:
    good = jwt.decode(SIGNER.sign(CLAIMS), KEY, algorithms=["HS256"])
    left = {name: value for name, value in good.claims.items() if name != gone}
    with pytest.raises(tokens.TokenInvalid):
        SIGNER.read(jwt.encode(good.header, left, KEY))


def test_the_key_is_rolled_over() -> None:
    """Sign with the new, read with both, then with the new alone."""
    old, new = "the old secret, of at least 32 bytes", "the new secret, of at least 32 bytes"
    before = tokens.TokenSigner(old).sign(CLAIMS)
    both = tokens.TokenSigner(new, old)
    assert both.read(before) == both.read(both.sign(CLAIMS)) == CLAIMS
    alone = tokens.TokenSigner(new)
    assert alone.read(both.sign(CLAIMS)) == CLAIMS
    with pytest.raises(tokens.TokenInvalid):
        alone.read(before)
