"""Passkeys: signing in without a password, and everything that must not work."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, update
from webauthn.helpers import bytes_to_base64url as b64

from kirana.accounts import services
from kirana.accounts.factor_models import Passkey, PasskeyChallenge
from kirana.accounts.factor_shapes import FACTOR_NEWS
from kirana.accounts.models import Session
from kirana.platform import clock
from kirana.platform.access import SYSTEM
from kirana.platform.audit import AuditEvent
from kirana.platform.db import verb
from kirana.platform.outbox import Outbox
from tests.accounts.authenticator import PRESENT, Device
from tests.accounts.factors import add_passkey, challenge, sign_in_challenge
from tests.accounts.people import Visitor, join, rows

Act = Callable[[Visitor, Visitor, Device], dict[str, Any]]


def enter(visitor: Visitor, answer: dict[str, Any]) -> Any:
    return visitor.post("/auth/passkey-sign-in", answer)


def test_signing_in_without_a_password(app: Any, client: Any) -> None:
    asha, visitor = join(app), Visitor(client)
    device, added = add_passkey(asha, "Phone")
    assert added["passkey"]["name"] == "Phone"
    asked = sign_in_challenge(visitor)
    assert asked["public_key"]["rpId"] == "localhost"
    assert asked["public_key"]["userVerification"] == "required"
    assert asked["public_key"]["allowCredentials"] == []
    answer = enter(visitor, device.use(asked))
    assert answer.status_code == 201, answer.json
    me = visitor.call("GET", "/me", Authorization=f"Bearer {answer.json['access_token']}")
    assert me.json["email"] == asha.email
    (kept,) = rows(Passkey)
    assert (kept.sign_count, kept.transports) == (1, ["internal"])
    assert kept.last_used_at is not None
    assert rows(PasskeyChallenge) == []


def test_what_a_browser_is_asked_to_make(app: Any) -> None:
    asha = join(app)
    device, _ = add_passkey(asha)
    asked = challenge(asha)["public_key"]
    assert asked["rp"] == {"id": "localhost", "name": "Kirana"}
    assert asked["attestation"] == "none"
    assert asked["authenticatorSelection"]["residentKey"] == "required"
    assert asked["authenticatorSelection"]["userVerification"] == "required"
    assert [known["id"] for known in asked["excludeCredentials"]] == [b64(device.credential_id)]


def _wrong_origin(asha: Visitor, ravi: Visitor, device: Device) -> dict[str, Any]:
    device.origin = "http://localhost.evil.example:8000"
    return device.use(sign_in_challenge(ravi))


def _wrong_host(asha: Visitor, ravi: Visitor, device: Device) -> dict[str, Any]:
    device.host = "evil.example"
    return device.use(sign_in_challenge(ravi))


def _nobody_verified(asha: Visitor, ravi: Visitor, device: Device) -> dict[str, Any]:
    device.flags = PRESENT
    return device.use(sign_in_challenge(ravi))


def _tampered(asha: Visitor, ravi: Visitor, device: Device) -> dict[str, Any]:
    answer = device.use(sign_in_challenge(ravi))
    other = device.use(sign_in_challenge(ravi))
    return {**answer, "signature": other["signature"]}


def _another_challenge(asha: Visitor, ravi: Visitor, device: Device) -> dict[str, Any]:
    answer = device.use(sign_in_challenge(ravi))
    return {**answer, "ceremony": sign_in_challenge(ravi)["ceremony"]}


def _challenge_of_a_session(asha: Visitor, ravi: Visitor, device: Device) -> dict[str, Any]:
    return device.use(challenge(ravi))


def _late(asha: Visitor, ravi: Visitor, device: Device) -> dict[str, Any]:
    answer = device.use(sign_in_challenge(ravi))
    _age_challenges()
    return answer


def _other_persons_id(asha: Visitor, ravi: Visitor, device: Device) -> dict[str, Any]:
    own, _ = add_passkey(ravi)
    answer = own.use(sign_in_challenge(ravi))
    return {**answer, "id": b64(device.credential_id), "user_handle": device.handle}


def _other_persons_handle(asha: Visitor, ravi: Visitor, device: Device) -> dict[str, Any]:
    answer = device.use(sign_in_challenge(ravi))
    return {**answer, "user_handle": b64(ravi.uid.encode())}


def _unknown(asha: Visitor, ravi: Visitor, device: Device) -> dict[str, Any]:
    stranger = Device(handle=device.handle)
    return stranger.use(sign_in_challenge(ravi))


def _nonsense(asha: Visitor, ravi: Visitor, device: Device) -> dict[str, Any]:
    answer = device.use(sign_in_challenge(ravi))
    return {**answer, "authenticator_data": "A", "client_data_json": "AAAA", "signature": "_"}


@verb
def _age_challenges(connection: Connection) -> None:
    past = update(PasskeyChallenge).values(expires_at=clock.utc_now())
    connection.execute(past)


REFUSED: list[Act] = [
    _wrong_origin, _wrong_host, _nobody_verified, _tampered, _another_challenge,
    _challenge_of_a_session, _late, _other_persons_id, _other_persons_handle, _unknown, _nonsense,
]  # fmt: skip


@pytest.mark.parametrize("act", REFUSED, ids=lambda act: act.__name__.strip("_"))
def test_refused(act: Act, app: Any, client: Any) -> None:
    asha, ravi = join(app), join(app)
    device, _ = add_passkey(asha)
    before = len(rows(Session))
    answer = enter(Visitor(client), act(asha, ravi, device))
    assert (answer.status_code, answer.json["code"]) == (401, "passkey_refused")
    assert len(rows(Session)) == before


def test_a_challenge_is_answered_once(app: Any, client: Any) -> None:
    device, _ = add_passkey(join(app))
    visitor = Visitor(client)
    answer = device.use(sign_in_challenge(visitor))
    assert enter(visitor, answer).status_code == 201
    assert enter(visitor, answer).json["code"] == "passkey_refused"
    asked = sign_in_challenge(visitor)
    bad = {**device.use(asked), "signature": "AAAA"}
    assert enter(visitor, bad).status_code == 401
    assert enter(visitor, device.use(asked)).status_code == 401, "used up by the bad answer"


def test_a_counter_that_runs_backwards_is_a_copy(app: Any, client: Any) -> None:
    device, _ = add_passkey(join(app))
    visitor = Visitor(client)
    device.count = 6
    assert enter(visitor, device.use(sign_in_challenge(visitor))).status_code == 201
    device.count = 3
    assert enter(visitor, device.use(sign_in_challenge(visitor))).status_code == 401
    noted = [row for row in rows(AuditEvent) if row.action == "factor.passkey_copied"]
    assert len(noted) == 1
    assert FACTOR_NEWS[rows(Outbox)[-1].payload["news"]] == "passkey_copied"
    device.count = -1  # the next use says 0
    assert enter(visitor, device.use(sign_in_challenge(visitor))).status_code == 401


def test_a_device_that_never_counts_is_welcome(app: Any, client: Any) -> None:
    device, _ = add_passkey(join(app))
    visitor = Visitor(client)
    for _ in range(2):
        device.count = -1
        assert enter(visitor, device.use(sign_in_challenge(visitor))).status_code == 201


def test_the_banned_are_told_after_their_passkey(app: Any, client: Any) -> None:
    asha = join(app)
    device, _ = add_passkey(asha)
    services.suspend(SYSTEM, asha.uid, "unpaid bills")
    visitor = Visitor(client)
    answer = enter(visitor, device.use(sign_in_challenge(visitor)))
    assert (answer.status_code, answer.json["code"]) == (403, "account_suspended")


@pytest.mark.parametrize("fault", ["origin", "host", "unverified", "id", "nonsense"])
def test_not_added(fault: str, app: Any) -> None:
    asha, device = join(app), Device()
    asked = challenge(asha)
    device.origin = "https://localhost:8000" if fault == "origin" else device.origin
    device.host = "example.org" if fault == "host" else device.host
    device.flags = PRESENT if fault == "unverified" else device.flags
    answer = device.make(asked)
    answer |= {"id": b64(b"another id of mine")} if fault == "id" else {}
    answer |= {"attestation_object": "AAAA"} if fault == "nonsense" else {}
    refused = asha.post("/me/passkeys", answer)
    assert (refused.status_code, refused.json["code"]) == (409, "passkey_not_added")
    assert rows(Passkey) == []


def test_a_challenge_belongs_to_its_session(app: Any) -> None:
    asha, ravi, device = join(app), join(app), Device()
    stolen = device.make(challenge(asha))
    assert ravi.post("/me/passkeys", stolen).json["code"] == "passkey_not_added"
    assert asha.post("/me/passkeys", stolen).status_code == 201
    assert asha.post("/me/passkeys", stolen).json["code"] == "passkey_not_added"
    again = device.make(challenge(ravi))
    assert ravi.post("/me/passkeys", again).json["code"] == "passkey_not_added", "it is Asha's"


def test_renaming_and_removing(app: Any, client: Any) -> None:
    asha, ravi = join(app), join(app)
    device, added = add_passkey(asha)
    uid = added["passkey"]["uid"]
    path = f"/me/passkeys/{uid}"
    assert asha.call("PATCH", path, {"name": "Desk"}).json["name"] == "Desk"
    assert asha.call("PATCH", path, {"name": " "}).status_code == 422
    for method, way, body in (("PATCH", path, {"name": "x"}), ("POST", f"{path}/removal", {})):
        assert ravi.call(method, way, body).status_code == 404
    assert asha.post(f"{path}/removal", {}).status_code == 204
    assert asha.get("/me/second-factors").json["passkeys"] == []
    assert asha.get("/me/second-factors").json["recovery_codes_left"] == 0
    visitor = Visitor(client)
    assert enter(visitor, device.use(sign_in_challenge(visitor))).status_code == 401
