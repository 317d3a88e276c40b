"""People with second factors, for tests."""

from datetime import timedelta
from typing import Any

import pyotp
from sqlalchemy import Connection, update

from kirana.accounts.factor_models import Totp
from kirana.accounts.models import Session
from kirana.platform import clock
from kirana.platform.db import verb
from tests.accounts.authenticator import Device
from tests.accounts.people import PASSWORD, Visitor


def add_totp(person: Visitor) -> tuple[pyotp.TOTP, list[str]]:
    """Set up an app; the app, and the recovery codes. Its code of this moment may be used again."""
    started = person.post("/me/totp", {})
    assert started.status_code == 201, started.json
    app = pyotp.TOTP(started.json["secret"])
    confirmed = person.post("/me/totp/confirmation", {"code": code_now(app)})
    assert confirmed.status_code == 200, confirmed.json
    forget_steps()
    return app, confirmed.json["recovery_codes"]


def add_passkey(person: Visitor, name: str = "My key") -> tuple[Device, dict[str, Any]]:
    """A device whose passkey the shop keeps, and the shop's answer."""
    device = Device()
    answer = person.post("/me/passkeys", device.make(challenge(person), name))
    assert answer.status_code == 201, answer.json
    return device, answer.json


def challenge(person: Visitor) -> dict[str, Any]:
    asked = person.post("/me/passkey-challenges", {})
    assert asked.status_code == 201, asked.json
    found: dict[str, Any] = asked.json
    return found


def sign_in_challenge(visitor: Visitor) -> dict[str, Any]:
    asked = visitor.post("/auth/passkey-challenges")
    assert asked.status_code == 201, asked.json
    found: dict[str, Any] = asked.json
    return found


def code_now(app: pyotp.TOTP, steps: int = 0) -> str:
    return app.at(clock.utc_now() + timedelta(seconds=30 * steps))


def wrong_code(app: pyotp.TOTP) -> str:
    near = {code_now(app, steps) for steps in range(-2, 3)}
    return next(
        code
        for code in ("000000", "111111", "222222", "333333", "444444", "555555")
        if code not in near
    )


def first_step(visitor: Visitor, email: str) -> str:
    """The proof of a right password."""
    answer = visitor.post("/auth/sign-in", {"email": email, "password": PASSWORD})
    assert (answer.status_code, answer.json["code"]) == (401, "second_factor_required")
    return str(answer.json["proof"])


@verb
def forget_steps(connection: Connection) -> None:
    """Let a code that was used be used once more, as if half a minute had passed."""
    connection.execute(update(Totp).values(last_step=0))


@verb
def age_sessions(connection: Connection) -> None:
    """All sessions were opened an hour ago."""
    ago = clock.utc_now() - timedelta(hours=1)
    connection.execute(update(Session).values(created_at=ago))
