"""Codes, proofs and challenges that five use at once let one in. And the mutants."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, select, true

from kirana.accounts import services
from kirana.accounts.errors import SecondFactorRequired
from kirana.accounts.factor_models import PasskeyChallenge
from kirana.accounts.factor_shapes import PasskeyUse, SecondStep
from kirana.accounts.passkeys import RelyingParty
from kirana.accounts.services import codes, second_step
from kirana.platform.access import GUEST
from kirana.platform.db import query
from kirana.platform.sealing import Sealer
from kirana.platform.tokens import hash_secret
from tests.accounts.authenticator import ORIGIN
from tests.accounts.factors import add_passkey, add_totp, code_now, sign_in_challenge
from tests.accounts.people import DEVICE, KEYS, Visitor, join, sign_in
from tests.machinery.databases import SECRET
from tests.races.threads import at_once, raised, repeated, succeeded

TIMES = 5
SEALER = Sealer(SECRET)
PARTY = RelyingParty.at(ORIGIN, "Kirana")
Patch = Callable[[pytest.MonkeyPatch], None]


def proof_of(person: Visitor) -> str:
    with pytest.raises(SecondFactorRequired) as found:
        sign_in(person.email)
    return str(found.value.details["proof"])


def steps(proofs: list[str], written: list[str]) -> list[Any]:
    """Everybody takes the second step at one moment."""
    return at_once(
        [
            lambda p=proof, c=code: services.take_second_step(
                GUEST, KEYS, SEALER, SecondStep(p, c), DEVICE
            )
            for proof, code in zip(proofs, written, strict=True)
        ]
    )


def unguarded(module: Any, name: str, instead: Any) -> Patch:
    return lambda monkeypatch: monkeypatch.setattr(module, name, instead)


def guarded(_monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is."""


def both(mutant: Patch) -> Any:
    """The race as it is, where one gets in, and without its guard, where all do."""
    cases = [pytest.param(guarded, 1, id="guarded"), pytest.param(mutant, TIMES, id="mutant")]
    return pytest.mark.parametrize(("patch", "entered"), cases)


@query
def read_challenge(connection: Connection, ceremony: str, _session: None) -> str:
    """The mutant's challenge: looked at, not taken."""
    find = select(PasskeyChallenge.challenge)
    mine = PasskeyChallenge.key_hash == hash_secret(ceremony)
    return str(connection.execute(find.where(mine)).scalar_one())


@repeated
@both(unguarded(codes, "not_yet", lambda _step: true()))
def test_one_code_of_the_app(
    patch: Patch, entered: int, attempt: int, app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    patch(monkeypatch)
    asha = join(app)
    totp, _ = add_totp(asha)
    proofs = [proof_of(asha) for _ in range(TIMES)]
    outcomes = steps(proofs, [code_now(totp)] * TIMES)
    assert len(succeeded(outcomes)) == entered
    assert raised(outcomes) == ["SecondFactorFailed"] * (TIMES - entered)


@repeated
@both(unguarded(codes, "unused", true))
def test_one_recovery_code(
    patch: Patch, entered: int, attempt: int, app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    patch(monkeypatch)
    asha = join(app)
    _, recovery = add_totp(asha)
    proofs = [proof_of(asha) for _ in range(TIMES)]
    outcomes = steps(proofs, [recovery[0]] * TIMES)
    assert len(succeeded(outcomes)) == entered
    assert raised(outcomes) == ["SecondFactorFailed"] * (TIMES - entered)


@repeated
@both(unguarded(second_step, "spend_proof", lambda _connection, _proof_id: True))
def test_one_proof(
    patch: Patch, entered: int, attempt: int, app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    patch(monkeypatch)
    asha = join(app)
    _, recovery = add_totp(asha)
    outcomes = steps([proof_of(asha)] * TIMES, recovery[:TIMES])
    assert len(succeeded(outcomes)) == entered
    assert raised(outcomes) == ["ProofExpired"] * (TIMES - entered)


@repeated
@both(unguarded(second_step, "take_challenge", read_challenge))
def test_one_answer_to_a_challenge(
    patch: Patch, entered: int, attempt: int, app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The device never counts, so that nothing but the challenge stands in the way."""
    patch(monkeypatch)
    device, _ = add_passkey(join(app))
    device.count = -1
    answer = PasskeyUse(**device.use(sign_in_challenge(Visitor(app.test_client()))))
    outcomes = at_once(
        [lambda: services.sign_in_by_passkey(GUEST, KEYS, PARTY, answer, DEVICE)] * TIMES
    )
    assert len(succeeded(outcomes)) == entered
    assert raised(outcomes) == ["PasskeyRefused"] * (TIMES - entered)


@repeated
def test_the_last_two_factors_of_an_obliged_admin(attempt: int, app: Any) -> None:
    """Both removed at once: one stays, whichever."""
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], admin_second_factor=True)
    boss = join(app, "admin")
    add_totp(boss)
    _, added = add_passkey(boss)
    paths = ["/me/totp/removal", f"/me/passkeys/{added['passkey']['uid']}/removal"]
    visitors = [Visitor(app.test_client(), boss.email, boss.tokens) for _ in paths]
    outcomes = at_once(
        [lambda v=v, p=p: v.post(p, {}) for v, p in zip(visitors, paths, strict=True)]
    )
    assert sorted(outcome.status_code for outcome in outcomes) == [204, 409]
    assert boss.get("/people").status_code == 200
