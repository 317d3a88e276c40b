"""Signing in in two steps: no session before the second, each code once, no guessing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp
import pytest
from sqlalchemy import Connection, update

from kirana.accounts import services
from kirana.accounts.factor_models import RecoveryCode, SignInProof, Totp
from kirana.accounts.factor_shapes import FACTOR_NEWS
from kirana.accounts.models import Account, Session
from kirana.accounts.services import codes
from kirana.platform import clock, one_time_codes
from kirana.platform.access import SYSTEM
from kirana.platform.audit import AuditEvent
from kirana.platform.config import Settings
from kirana.platform.db import verb
from kirana.platform.outbox import Outbox
from kirana.platform.sealing import CannotOpen, Sealer
from tests.accounts.factors import (
    add_passkey,
    add_totp,
    code_now,
    first_step,
    forget_steps,
    wrong_code,
)
from tests.accounts.people import PASSWORD, Visitor, join, person_row, rows
from tests.machinery.databases import SECRET


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(
        settings, sign_in_per_minute=1000, sign_in_per_hour=1000, sign_in_per_address=1000
    )


@pytest.fixture
def patient(settings: Settings) -> Settings:
    """For tests that write more codes than a person may."""
    return replace(settings, second_factor_per_minute=1000, second_factor_per_hour=1000)


def step(visitor: Visitor, proof: str, code: str) -> Any:
    return visitor.post("/auth/second-factor", {"proof": proof, "code": code})


def told(what: str) -> int:
    return sum(row.payload.get("news") == FACTOR_NEWS.index(what) for row in rows(Outbox))


@verb
def change(connection: Connection, table: Any, **values: Any) -> None:
    connection.execute(update(table).values(**values))


def test_the_password_alone_opens_no_session(app: Any, client: Any) -> None:
    asha = join(app)
    totp, recovery = add_totp(asha)
    before = len(rows(Session))
    answer = Visitor(client).post("/auth/sign-in", {"email": asha.email, "password": PASSWORD})
    assert answer.status_code == 401
    assert answer.json["code"] == "second_factor_required"
    assert answer.json["methods"] == ["totp", "recovery_code"]
    assert answer.json["expires_in"] == 300
    assert "access_token" not in answer.json
    assert answer.headers["Cache-Control"] == "no-store"
    assert len(rows(Session)) == before
    assert len(recovery) == 10
    kept = str(rows(SignInProof)) + str(rows(RecoveryCode)) + str(rows(Totp))
    hidden = [answer.json["proof"], totp.secret, *recovery]
    assert [secret for secret in hidden if secret in kept] == []
    entered = step(Visitor(client), answer.json["proof"], code_now(totp))
    assert entered.status_code == 201
    me = Visitor(client).call("GET", "/me", Authorization=f"Bearer {entered.json['access_token']}")
    assert me.json["email"] == asha.email


def test_a_wrong_password_says_nothing_about_the_second_step(app: Any, client: Any) -> None:
    asha = join(app)
    add_totp(asha)
    wrong = {"email": asha.email, "password": "not the password"}
    assert Visitor(client).post("/auth/sign-in", wrong).json["code"] == "sign_in_failed"
    assert rows(SignInProof) == []


def test_a_proof_is_good_for_nothing_else_and_once(app: Any, client: Any) -> None:
    asha = join(app)
    totp, recovery = add_totp(asha)
    proof = first_step(Visitor(client), asha.email)
    as_bearer = Visitor(client).call("GET", "/me", Authorization=f"Bearer {proof}")
    as_refresh = Visitor(client).post("/auth/refresh", {"refresh_token": proof})
    assert (as_bearer.status_code, as_refresh.status_code) == (401, 401)
    assert step(Visitor(client), proof, code_now(totp)).status_code == 201
    assert step(Visitor(client), proof, recovery[0]).json["code"] == "proof_expired"


@pytest.mark.parametrize("event", ["password", "everywhere", "late", "hash", "suspended"])
def test_a_proof_dies(event: str, app: Any, client: Any) -> None:
    asha = join(app)
    totp, _ = add_totp(asha)
    proof = first_step(Visitor(client), asha.email)
    if event == "password":
        body = {"current_password": PASSWORD, "new_password": "some other long words"}
        assert asha.call("PUT", "/me/password", body).status_code == 200
    elif event == "everywhere":
        change(Account, token_version=Account.token_version + 1)
    elif event == "hash":
        change(Account, password_hash="another")
    elif event == "late":
        change(SignInProof, expires_at=clock.utc_now() - timedelta(seconds=1))
    elif event == "suspended":
        services.suspend(SYSTEM, asha.uid, "unpaid bills")
    answer = step(Visitor(client), proof, code_now(totp))
    assert (answer.status_code, answer.json["code"]) == (401, "proof_expired")


def test_a_code_counts_once_within_a_step_of_the_clock(
    patient: Settings, app: Any, client: Any
) -> None:
    app.config["SETTINGS"] = patient
    asha = join(app)
    totp, _ = add_totp(asha)
    visitor = Visitor(client)
    moment = clock.utc_now()
    with clock.frozen(moment):
        outcomes = {}
        for steps in (-2, 2, -1, 0, 1):
            proof = first_step(visitor, asha.email)
            outcomes[steps] = step(visitor, proof, code_now(totp, steps)).status_code
        assert outcomes == {-2: 401, 2: 401, -1: 201, 0: 201, 1: 201}
        proof = first_step(visitor, asha.email)
        assert step(visitor, proof, code_now(totp)).status_code == 401, "a later one was used"
    with clock.frozen(moment + timedelta(minutes=2)):
        proof = first_step(visitor, asha.email)
        code = code_now(totp)
        assert step(visitor, proof, code[:3] + " " + code[3:]).status_code == 201
        proof = first_step(visitor, asha.email)
        assert step(visitor, proof, code).json["code"] == "second_factor_failed"


def test_the_code_that_confirmed_is_used_up(app: Any, client: Any) -> None:
    asha = join(app)
    with clock.frozen(clock.utc_now()):
        started = asha.post("/me/totp", {}).json
        assert started["uri"].startswith("otpauth://totp/")
        code = code_now(pyotp.TOTP(started["secret"]))
        assert asha.post("/me/totp/confirmation", {"code": code}).status_code == 200
        proof = first_step(Visitor(client), asha.email)
        assert step(Visitor(client), proof, code).json["code"] == "second_factor_failed"


def test_a_recovery_code_counts_once_however_it_is_typed(app: Any, client: Any) -> None:
    asha, ravi = join(app), join(app)
    _, recovery = add_totp(asha)
    _, of_ravi = add_totp(ravi)
    visitor = Visitor(client)
    assert step(visitor, first_step(visitor, asha.email), of_ravi[0]).status_code == 401
    typed = recovery[0].lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert step(visitor, first_step(visitor, asha.email), typed).status_code == 201
    assert step(visitor, first_step(visitor, asha.email), recovery[0]).status_code == 401
    assert asha.get("/me/second-factors").json["recovery_codes_left"] == 9
    assert told("recovery_code_used") == 1


def test_new_recovery_codes_void_the_old(app: Any, client: Any) -> None:
    asha = join(app)
    assert asha.post("/me/recovery-codes", {}).json["code"] == "no_factor"
    _, old = add_totp(asha)
    answer = asha.post("/me/recovery-codes", {})
    assert answer.status_code == 201
    new = answer.json["recovery_codes"]
    assert (len(new), set(new) & set(old)) == (10, set())
    visitor = Visitor(client)
    assert step(visitor, first_step(visitor, asha.email), old[0]).status_code == 401
    assert step(visitor, first_step(visitor, asha.email), new[0]).status_code == 201


def test_codes_are_counted_per_account_and_the_password_resets_nothing(
    app: Any, client: Any
) -> None:
    asha = join(app)
    totp, _ = add_totp(asha)
    outcomes = []
    for place in range(6):
        proof = first_step(Visitor(client), asha.email)
        where = {"REMOTE_ADDR": f"192.0.2.{place}"}
        answer = client.post(
            "/api/v1/auth/second-factor",
            json={"proof": proof, "code": wrong_code(totp)},
            environ_overrides=where,
        )
        outcomes.append(answer.status_code)
    assert outcomes == [401] * 5 + [429]
    assert answer.headers["Retry-After"]
    right = step(Visitor(client), first_step(Visitor(client), asha.email), code_now(totp))
    assert right.status_code == 429


def test_guessing_is_told_to_the_owner_and_ends(patient: Settings, app: Any, client: Any) -> None:
    app.config["SETTINGS"] = patient
    asha = join(app)
    totp, recovery = add_totp(asha)
    visitor = Visitor(client)
    proof = first_step(visitor, asha.email)
    for _ in range(codes.TELLING_MISSES - 1):
        assert step(visitor, proof, wrong_code(totp)).status_code == 401
    assert told("codes_refused") == 0
    assert step(visitor, proof, wrong_code(totp)).status_code == 401
    assert told("codes_refused") == 1
    change(Totp, misses=codes.MOST_MISSES)
    assert step(visitor, proof, code_now(totp)).status_code == 401, "guessed too often"
    assert step(visitor, proof, recovery[0]).status_code == 201
    forget_steps()
    assert step(visitor, first_step(visitor, asha.email), code_now(totp)).status_code == 201
    refused = [row for row in rows(AuditEvent) if row.action == "factor.code_refused"]
    assert len(refused) == codes.TELLING_MISSES + 1


def test_a_suspended_person_is_told_after_the_password_as_ever(app: Any, client: Any) -> None:
    asha = join(app)
    add_totp(asha)
    services.suspend(SYSTEM, asha.uid, "unpaid bills")
    answer = Visitor(client).post("/auth/sign-in", {"email": asha.email, "password": PASSWORD})
    assert answer.json["code"] == "account_suspended"


def test_the_secret_is_sealed_and_survives_a_roll_over(app: Any, client: Any) -> None:
    asha = join(app)
    totp, _ = add_totp(asha)
    old = rows(Totp)[0]
    owner = codes.totp_owner(person_row(asha.email).id)
    assert Sealer(SECRET).open(old.sealed, owner) == totp.secret
    with pytest.raises(CannotOpen):
        Sealer(SECRET).open(old.sealed, codes.totp_owner(0))
    with pytest.raises(CannotOpen):
        Sealer("another secret").open(old.sealed, owner)
    with pytest.raises(CannotOpen):
        Sealer(SECRET).open(old.sealed[:-6] + "AAAA==", owner)
    rolled = Sealer("a newer secret", SECRET)
    _use(rolled, person_row(asha.email).id, code_now(totp))
    assert rows(Totp)[0].sealed != old.sealed
    assert Sealer("a newer secret").open(rows(Totp)[0].sealed, owner) == totp.secret


@verb
def _use(connection: Connection, sealer: Sealer, account_id: int, code: str) -> None:
    assert codes.use_totp(connection, sealer, account_id, code)


def test_rfc_6238() -> None:
    """The RFC's own example, and the step that each code belongs to."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    moment = datetime(2009, 2, 13, 23, 31, 30, tzinfo=UTC)
    assert one_time_codes.matching_step(secret, "005924", moment) == 41152263
    late = moment + timedelta(seconds=59)
    assert one_time_codes.matching_step(secret, "005924", late) == 41152263
    assert one_time_codes.matching_step(secret, "005924", moment + timedelta(seconds=60)) is None
    early = moment - timedelta(seconds=30)
    assert one_time_codes.matching_step(secret, "005924", early) == 41152263
    assert one_time_codes.matching_step(secret, "005924", early - timedelta(seconds=1)) is None


def test_a_passkey_is_a_factor_too(app: Any, client: Any) -> None:
    asha = join(app)
    _, added = add_passkey(asha)
    assert len(added["recovery_codes"]) == 10
    answer = Visitor(client).post("/auth/sign-in", {"email": asha.email, "password": PASSWORD})
    assert answer.json["methods"] == ["passkey", "recovery_code"]
    assert step(Visitor(client), answer.json["proof"], "123456").status_code == 401
    entered = step(Visitor(client), answer.json["proof"], added["recovery_codes"][0])
    assert entered.status_code == 201
