"""Signing in with e-mail address and password, and the one way in for every way of signing in."""

import logging
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, select, update

from kirana.accounts import passwords
from kirana.accounts.email_addresses import find_normal_email
from kirana.accounts.errors import (
    AccountClosed,
    AccountSuspended,
    AddressUnconfirmed,
    SecondFactorRequired,
    SignInFailed,
)
from kirana.accounts.factor_queries import list_methods
from kirana.accounts.house_rules import house_rules
from kirana.accounts.models import Account
from kirana.accounts.passkeys import ANSWER_SECONDS
from kirana.accounts.queries import find_credentials
from kirana.accounts.services.proofs import write_proof
from kirana.accounts.services.sessions import open_session
from kirana.accounts.session_keys import SessionKeys
from kirana.accounts.shapes import Credentials, Tokens
from kirana.platform import audit
from kirana.platform.access import Actor
from kirana.platform.announce import announce
from kirana.platform.db import verb
from kirana.platform.networks import shortened

logger = logging.getLogger("kirana.accounts")


def sign_in(actor: Actor, keys: SessionKeys, given: Credentials, device: str) -> Tokens:
    """Open a session and announce ``signed_in``; its notes come with the tokens.

    An unknown address costs the same as a wrong password. Raises SignInFailed, and only after
    the right password AccountSuspended, AccountClosed, AddressUnconfirmed or
    SecondFactorRequired. Not to be called inside a transaction.
    """
    outcome = _try(actor, keys, given, device)
    if outcome is None:
        # Somebody who signed in at the same moment may have had the same password hashed anew.
        outcome = _try(actor, keys, given, device)
    if outcome is None:
        raise SignInFailed
    if isinstance(outcome, Tokens):
        return outcome
    raise SecondFactorRequired(**outcome)


def _try(
    actor: Actor, keys: SessionKeys, given: Credentials, device: str
) -> Tokens | dict[str, Any] | None:
    """None if the password changed between the look at it and the session."""
    email = find_normal_email(given.email)
    found = find_credentials(email) if email else None
    is_right = passwords.matches(found.password_hash if found else passwords.ABSENT, given.password)
    if found is None or not is_right:
        # Neither what was typed nor who was meant: only that it happens, and where from.
        logger.warning("a sign-in failed, from %s", shortened(actor.network))
        raise SignInFailed
    fresh = None
    if passwords.is_outdated(found.password_hash):
        fresh = passwords.hash_password(given.password)
    return _enter(actor, keys, found, device, fresh)


def admit(
    connection: Connection,
    actor: Actor,
    keys: SessionKeys,
    account: Row[*tuple[Any, ...]],
    device: str,
) -> Tokens:
    """Open a session for ``account`` as ``lock_account`` reads it, whoever proved to be it.

    Every way of signing in ends here. Raises AccountSuspended, AccountClosed, AddressUnconfirmed.
    """
    _refuse_who_may_not(account)
    tokens = open_session(connection, account, keys, device, actor)
    notes = announce(connection, "signed_in", account_id=account.id, guest_hash=actor.guest_hash)
    return msgspec.structs.replace(tokens, notes=notes)


@verb
def _enter(
    connection: Connection,
    actor: Actor,
    keys: SessionKeys,
    found: Row[*tuple[Any, ...]],
    device: str,
    fresh_hash: str | None,
) -> Tokens | dict[str, Any] | None:
    """Decide on the account as it is now, locked, should it have changed since it was read.

    With a second factor there is no session yet, but the proof that its step asks for.
    """
    columns = (
        Account.id, Account.role, Account.status, Account.token_version, Account.verified_at,
    )  # fmt: skip
    unchanged = (Account.id == found.id) & (Account.password_hash == found.password_hash)
    find = select(*columns).where(unchanged).with_for_update()
    account = connection.execute(find).one_or_none()
    if account is None:
        return None
    _refuse_who_may_not(account)
    if fresh_hash is not None:
        rehash = update(Account).where(Account.id == account.id)
        connection.execute(rehash.values(password_hash=fresh_hash))
    methods = list_methods(account.id)
    if not methods:
        return admit(connection, actor, keys, account, device)
    stored = fresh_hash or found.password_hash
    proof = write_proof(connection, account.id, account.token_version, stored)
    return {"proof": proof, "methods": methods, "expires_in": ANSWER_SECONDS}


@verb
def note_refused_tries(connection: Connection, actor: Actor, email: str) -> None:
    """Write down that an account's password is tried too often. For an address of nobody too,
    which is not named, so that both take the same time."""
    uid = connection.execute(select(Account.uid).where(Account.email == email)).scalar()
    audit.record(connection, actor, "session.refused", ("account", uid or "unknown"))


def _refuse_who_may_not(account: Row[*tuple[Any, ...]]) -> None:
    if account.status == "suspended":
        raise AccountSuspended
    if account.status == "closed":
        raise AccountClosed
    if house_rules().confirms_addresses and account.verified_at is None:
        raise AddressUnconfirmed
