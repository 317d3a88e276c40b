"""The second step of signing in by a code, and signing in by a passkey alone."""

import logging
from typing import Any

from sqlalchemy import Connection, Row, or_, select, update

from kirana.accounts import passkeys
from kirana.accounts.errors import PasskeyRefused, ProofExpired, SecondFactorFailed
from kirana.accounts.factor_models import Passkey
from kirana.accounts.factor_queries import find_passkey, find_proof
from kirana.accounts.factor_shapes import Ceremony, PasskeyUse, SecondStep
from kirana.accounts.passkeys import BadAnswer, RelyingParty, Verified
from kirana.accounts.services.codes import use_recovery_code, use_totp
from kirana.accounts.services.factor_notes import note_factor
from kirana.accounts.services.proofs import spend_proof, take_challenge, write_challenge
from kirana.accounts.services.records import lock_account
from kirana.accounts.services.signing_in import admit
from kirana.accounts.session_keys import SessionKeys
from kirana.accounts.shapes import Tokens
from kirana.platform import audit, clock, one_time_codes
from kirana.platform.access import Actor
from kirana.platform.db import verb
from kirana.platform.sealing import Sealer

logger = logging.getLogger("kirana.accounts")


def take_second_step(
    actor: Actor, keys: SessionKeys, sealer: Sealer, given: SecondStep, device: str
) -> Tokens:
    """Exchange the proof of a right password and a code for a session; both are used up.

    Raises ProofExpired, SecondFactorFailed, AccountSuspended, AccountClosed. Not to be called
    inside a transaction.
    """
    tokens = _step(actor, keys, sealer, given, device)
    if tokens is None:
        raise SecondFactorFailed
    return tokens


def begin_passkey_sign_in(party: RelyingParty) -> Ceremony:
    """A challenge for whoever comes with a passkey."""
    ceremony, challenge = write_challenge(None)
    options = passkeys.request_options(party, challenge)
    return Ceremony(ceremony, options, passkeys.ANSWER_SECONDS)


def sign_in_by_passkey(
    actor: Actor, keys: SessionKeys, party: RelyingParty, given: PasskeyUse, device: str
) -> Tokens:
    """Open a session for the passkey's holder; no password is asked for.

    Raises PasskeyRefused, AccountSuspended, AccountClosed. Not to be called inside a transaction.
    """
    challenge = take_challenge(given.ceremony, None)
    found = find_passkey(given.id)
    if challenge is None or found is None:
        raise PasskeyRefused
    try:
        used = passkeys.check_use(party, challenge, given, found.public_key, found.holder_uid)
    except BadAnswer as error:
        logger.info("a passkey was refused: %s", error)
        raise PasskeyRefused from None
    tokens = _enter_by_passkey(actor, keys, found, used, device)
    if tokens is None:
        raise PasskeyRefused
    return tokens


@verb
def _step(
    connection: Connection,
    actor: Actor,
    keys: SessionKeys,
    sealer: Sealer,
    given: SecondStep,
    device: str,
) -> Tokens | None:
    """Returns None instead of raising, so that the count of wrong codes is committed."""
    claimed = find_proof(given.proof)
    account = lock_account(connection, claimed.id) if claimed is not None else None
    proof = find_proof(given.proof)  # again, now that nothing about the account can change
    if account is None or proof is None:
        raise ProofExpired
    code = one_time_codes.plain_code(given.code)
    if one_time_codes.is_totp(code):
        is_right = use_totp(connection, sealer, account.id, code)
    else:
        is_right = use_recovery_code(connection, account.id, code)
        if is_right:
            note_factor(connection, actor, (account.id, account.uid), "recovery_code_used")
    if not is_right:
        audit.record(connection, actor, "factor.code_refused", ("account", account.uid))
        return None
    if not spend_proof(connection, proof.proof_id):
        raise ProofExpired
    return admit(connection, actor, keys, account, device)


@verb
def _enter_by_passkey(
    connection: Connection,
    actor: Actor,
    keys: SessionKeys,
    found: Row[*tuple[Any, ...]],
    used: Verified,
    device: str,
) -> Tokens | None:
    """Returns None instead of raising, so that the note about a copied passkey is committed."""
    account = lock_account(connection, found.account_id)
    this_one = Passkey.id == found.id
    if connection.execute(select(Passkey.id).where(this_one)).first() is None:
        return None
    values = {
        "sign_count": used.sign_count, "is_backed_up": used.is_backed_up,
        "last_used_at": clock.now(connection),
    }  # fmt: skip
    using = update(Passkey).where(this_one, _has_counted_on(used.sign_count)).values(values)
    if connection.execute(using).rowcount != 1:
        whose = (account.id, account.uid)
        note_factor(connection, actor, whose, "passkey_copied", passkey=found.uid)
        return None
    return admit(connection, actor, keys, account, device)


def _has_counted_on(given: int) -> Any:
    """The device's counter rises with each use, or is always 0; else there are two devices."""
    never_counts = (Passkey.sign_count == 0) & (given == 0)
    return or_(Passkey.sign_count < given, never_counts)
