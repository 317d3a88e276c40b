"""Signing in by a second step or by a passkey: /auth."""

from kirana.accounts import second_step, services, web_session
from kirana.accounts.api.blueprint import api
from kirana.accounts.errors import (
    AccountClosed,
    AccountSuspended,
    PasskeyRefused,
    ProofExpired,
    SecondFactorFailed,
)
from kirana.accounts.factor_shapes import Ceremony, PasskeyUse, SecondStep
from kirana.accounts.shapes import Tokens
from kirana.platform.errors import TooMany
from kirana.platform.http import operation, public


@api.post("/auth/second-factor")
@public
@operation(
    "takeSecondStep",
    status=201,
    raises=(SecondFactorFailed, ProofExpired, AccountSuspended, AccountClosed, TooMany),
)
def take_second_step(body: SecondStep) -> Tokens:
    """Open a session by the proof of a right password and a code of the app or for recovery."""
    second_step.limit_code(body.proof)
    visitor, sealer = web_session.visitor(), second_step.sealer()
    keys, device = web_session.keys(), web_session.device()
    return services.take_second_step(visitor, keys, sealer, body, device)


@api.post("/auth/passkey-challenges")
@public
@operation("beginPasskeySignIn", status=201, raises=(TooMany,))
def begin_passkey_sign_in() -> Ceremony:
    """Ask for a challenge that a passkey answers; good once, for five minutes."""
    second_step.limit_passkeys()
    return services.begin_passkey_sign_in(second_step.relying_party())


@api.post("/auth/passkey-sign-in")
@public
@operation(
    "signInByPasskey",
    status=201,
    raises=(PasskeyRefused, AccountSuspended, AccountClosed, TooMany),
)
def sign_in_by_passkey(body: PasskeyUse) -> Tokens:
    """Open a session by a passkey; it needs neither password nor second step."""
    second_step.limit_passkeys()
    visitor, party = web_session.visitor(), second_step.relying_party()
    keys, device = web_session.keys(), web_session.device()
    return services.sign_in_by_passkey(visitor, keys, party, body, device)
