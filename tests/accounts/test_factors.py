"""Keeping one's second factors: set up, replaced, removed, told, obliged, reset."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from sqlalchemy import Connection, delete, update

from kirana.accounts import services
from kirana.accounts.factor_models import Passkey, RecoveryCode, Totp
from kirana.accounts.factor_queries import has_second_factor
from kirana.accounts.factor_shapes import FACTOR_NEWS
from kirana.accounts.models import Session
from kirana.platform import clock
from kirana.platform.access import SYSTEM
from kirana.platform.audit import AuditEvent
from kirana.platform.config import Settings
from kirana.platform.db import verb
from kirana.platform.errors import NotFound
from kirana.platform.outbox import Outbox
from tests.accounts.factors import (
    add_passkey,
    add_totp,
    age_sessions,
    code_now,
    first_step,
    wrong_code,
)
from tests.accounts.people import PASSWORD, Visitor, join, person_row, rows, sign_in


def done() -> list[str]:
    return [row.action for row in rows(AuditEvent) if row.action.startswith("factor.")]


def told() -> list[str]:
    return [FACTOR_NEWS[row.payload["news"]] for row in rows(Outbox) if row.kind == "factor_note"]


@pytest.fixture
def strict(app: Any, settings: Settings) -> Any:
    """The shop with admins obliged to a second factor."""
    app.config["SETTINGS"] = replace(settings, admin_second_factor=True)
    return app


def test_nothing_is_on_before_a_code_confirms(app: Any, client: Any) -> None:
    asha = join(app)
    started = asha.post("/me/totp", {}).json
    totp = pyotp.TOTP(started["secret"])
    wrong = asha.post("/me/totp/confirmation", {"code": wrong_code(totp)})
    assert (wrong.status_code, wrong.json["errors"][0]["pointer"]) == (422, "/code")
    assert not has_second_factor(person_row(asha.email).id)
    assert sign_in(asha.email).access_token
    assert asha.get("/me/second-factors").json == {
        "totp_since": None, "passkeys": [], "recovery_codes_left": 0, "is_obliged": False,
        "asks_password": False,
    }  # fmt: skip


def test_a_set_up_belongs_to_its_session_for_a_while(app: Any) -> None:
    asha = join(app)
    totp = pyotp.TOTP(asha.post("/me/totp", {}).json["secret"])
    other = Visitor(app.test_client(), asha.email, sign_in(asha.email))
    code = {"code": code_now(totp)}
    assert other.post("/me/totp/confirmation", code).json["code"] == "nothing_to_confirm"
    _age_set_up()
    assert asha.post("/me/totp/confirmation", code).json["code"] == "nothing_to_confirm"


@verb
def _age_set_up(connection: Connection) -> None:
    past = clock.utc_now() - timedelta(minutes=16)
    connection.execute(update(Totp).values(created_at=past))


def test_the_first_factor_ends_other_sessions_and_is_told(app: Any) -> None:
    asha = join(app)
    other = Visitor(app.test_client(), asha.email, sign_in(asha.email))
    assert other.get("/me").status_code == 200
    add_totp(asha)
    assert (other.get("/me").status_code, asha.get("/me").status_code) == (401, 200)
    assert (done(), told()) == (["factor.totp_begun", "factor.totp_added"], ["totp_added"])
    _, added = add_passkey(asha)
    assert added["recovery_codes"] == [], "the ten are there already"
    assert told() == ["totp_added", "passkey_added"]


def test_another_app_takes_the_place_of_the_first(app: Any, client: Any) -> None:
    asha = join(app)
    old, _ = add_totp(asha)
    new, codes = add_totp(asha)
    assert codes == []
    assert len(rows(Totp)) == 1
    proof = first_step(Visitor(client), asha.email)
    answers = [
        Visitor(client).post("/auth/second-factor", {"proof": proof, "code": code_now(app)})
        for app in (old, new)
    ]
    assert [answer.status_code for answer in answers] == [401, 201]


def test_what_only_the_owner_may_asks_for_the_password(app: Any) -> None:
    asha = join(app)
    add_totp(asha)
    _, added = add_passkey(asha)
    age_sessions()
    assert asha.get("/me/second-factors").json["asks_password"] is True
    removal = f"/me/passkeys/{added['passkey']['uid']}/removal"
    before = (rows(Totp), rows(Passkey), rows(RecoveryCode))
    paths = (
        "/me/totp",
        "/me/totp/removal",
        "/me/recovery-codes",
        "/me/passkey-challenges",
        removal,
    )
    for body in ({}, {"current_password": "not the password"}):
        for path in paths[:2] if body else paths:
            answer = asha.post(path, body)
            assert answer.json["errors"][0]["pointer"] == "/current_password", path
    assert (rows(Totp), rows(Passkey), rows(RecoveryCode)) == before
    assert asha.post(removal, {"current_password": PASSWORD}).status_code == 204


def test_tries_at_the_password_are_counted(app: Any) -> None:
    asha = join(app)
    age_sessions()
    wrong = {"current_password": "not the password"}
    answers = [asha.post("/me/totp", wrong).status_code for _ in range(6)]
    assert answers == [422] * 5 + [429]


def test_without_any_factor_the_recovery_codes_go(app: Any) -> None:
    asha = join(app)
    add_totp(asha)
    other = Visitor(app.test_client(), asha.email)
    assert asha.post("/me/totp/removal", {}).status_code == 204
    assert (rows(Totp), rows(RecoveryCode)) == ([], [])
    assert asha.post("/me/totp/removal", {}).status_code == 404
    other.tokens = sign_in(asha.email)
    assert other.get("/me").status_code == 200
    assert told() == ["totp_added", "totp_removed"]


def test_an_obliged_admin_may_nothing_before_the_set_up(strict: Any) -> None:
    boss, asha = join(strict, "admin"), join(strict)
    answer = boss.get("/people")
    assert (answer.status_code, answer.json["code"]) == (403, "second_factor_needed")
    assert boss.post(f"/people/{asha.uid}/suspension", {"reason": "x"}).status_code == 403
    held = boss.get("/me").json["permissions"]
    assert held == [
        "read:own_basket", "read:own_profile", "write:own_basket", "write:own_profile",
    ]  # fmt: skip
    assert asha.get("/people").json["code"] == "forbidden"
    add_totp(boss)
    assert boss.get("/people").status_code == 200


def test_the_obligation_is_looked_at_in_each_request(strict: Any) -> None:
    boss = join(strict, "admin")
    add_passkey(boss)
    assert boss.get("/people").status_code == 200
    _drop_passkeys()
    assert boss.get("/people").json["code"] == "second_factor_needed"


@verb
def _drop_passkeys(connection: Connection) -> None:
    connection.execute(Passkey.__table__.delete())


def test_the_last_factor_of_an_obliged_admin_stays(strict: Any) -> None:
    boss = join(strict, "admin")
    add_totp(boss)
    _, added = add_passkey(boss)
    assert boss.get("/me/second-factors").json["is_obliged"] is True
    assert boss.post("/me/totp/removal", {}).status_code == 204
    last = boss.post(f"/me/passkeys/{added['passkey']['uid']}/removal", {})
    assert (last.status_code, last.json["code"]) == (409, "last_factor")
    assert len(rows(Passkey)) == 1
    assert boss.get("/people").status_code == 200


def test_the_operator_resets_who_lost_everything(app: Any) -> None:
    asha, ravi = join(app), join(app)
    add_totp(asha)
    add_passkey(asha)
    add_passkey(ravi)
    services.reset_factors(SYSTEM, asha.email)
    assert asha.get("/me").status_code == 401
    assert sign_in(asha.email).access_token
    assert has_second_factor(person_row(ravi.email).id)
    assert (done()[-1], told()[-1]) == ("factor.reset", "reset")
    with pytest.raises(NotFound):
        services.reset_factors(SYSTEM, "nobody@example.org")


def test_no_note_holds_a_secret(app: Any) -> None:
    asha = join(app)
    totp, recovery = add_totp(asha)
    device, _ = add_passkey(asha)
    written = str(rows(AuditEvent)) + str(rows(Outbox))
    hidden = [totp.secret, *recovery, device.handle]
    assert [secret for secret in hidden if secret in written] == []


def test_what_waits_keeps_no_old_session(app: Any) -> None:
    """A set-up and a challenge that nobody finished do not stop an old session's end."""
    asha = join(app)
    asha.post("/me/totp", {})
    asha.post("/me/passkey-challenges", {})
    with clock.frozen(clock.utc_now() + timedelta(days=90)):
        _forget_old()
    assert rows(Session) == []


@verb
def _forget_old(connection: Connection) -> None:
    connection.execute(delete(Session).where(Session.expires_at < clock.utc_now()))
