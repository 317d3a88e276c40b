"""What people change about themselves."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, select, update

from kirana.accounts import passwords
from kirana.accounts.errors import SessionEnded
from kirana.accounts.models import Account, Session
from kirana.accounts.services.own_password import require_own_password, wrong_password
from kirana.accounts.services.records import end_everywhere
from kirana.accounts.services.sessions import make_tokens
from kirana.accounts.session_keys import SessionKeys
from kirana.accounts.shapes import PasswordChange, ProfileChange, Tokens
from kirana.platform import audit, texts
from kirana.platform.access import Actor
from kirana.platform.db import verb
from kirana.platform.outbox import enqueue
from kirana.platform.tokens import hash_secret

_CHECKS: dict[str, Callable[[Any], Any]] = {
    "name": texts.person_name,
    "zone": texts.zone_name,
    "locale": texts.locale_name,
    "wants_report": bool,
}


@verb
def change_profile(connection: Connection, actor: Actor, change: ProfileChange) -> None:
    """Change the caller's name, zone, locale, mail preference; None leaves it. Raises Invalid."""
    given = {name: getattr(change, name) for name in _CHECKS}
    given = {name: value for name, value in given.items() if value is not None}
    texts.collect(*(lambda n=name: _CHECKS[n](given[n]) for name in given))
    values = {name: _CHECKS[name](value) for name, value in given.items()}
    if values:
        connection.execute(update(Account).where(Account.id == actor.me()).values(**values))
        after = {"changed": sorted(values)}
        audit.record(connection, actor, "account.changed", ("account", actor.uid), after=after)


def change_password(actor: Actor, keys: SessionKeys, change: PasswordChange) -> Tokens:
    """Set a new password and end all other sessions; the caller's goes on with new tokens.

    Raises Invalid at /current_password or /new_password. Not to be called inside a transaction.
    """
    passwords.check_password(change.new_password, "/new_password", actor.email, actor.name)
    stored = require_own_password(actor, change.current_password)
    return _replace(actor, keys, stored, passwords.hash_password(change.new_password))


@verb
def _replace(
    connection: Connection, actor: Actor, keys: SessionKeys, stored: str, hashed: str
) -> Tokens:
    mine = (Account.id == actor.me()) & (Account.password_hash == stored)
    if connection.execute(update(Account).where(mine).values(password_hash=hashed)).rowcount != 1:
        raise wrong_password()
    version = end_everywhere(connection, actor.me())
    tokens = _carry_on(connection, actor, keys, version)
    audit.record(connection, actor, "account.password_changed", ("account", actor.uid))
    key = f"password-changed:{actor.uid}:{version}"
    enqueue(connection, "password_changed", key, account_id=actor.me())
    return tokens


def _carry_on(connection: Connection, actor: Actor, keys: SessionKeys, version: int) -> Tokens:
    """Let the caller's session outlive the change, on a new chain of refresh tokens."""
    session = (Session.id == actor.session_id) & Session.ended_at.is_(None)
    uid = connection.execute(select(Session.uid).where(session)).scalar_one_or_none()
    if uid is None:
        raise SessionEnded
    token = keys.first_refresh_token(uid)
    values = {"token_version": version, "current_hash": hash_secret(token), "previous_hash": None}
    connection.execute(update(Session).where(session).values(values))
    return make_tokens(keys, uid, version, token)
