"""Sessions: opened at sign-in, carried on by rotating refresh tokens."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from kirana.accounts.errors import RefreshRefused
from kirana.accounts.models import Account, Session
from kirana.accounts.session_keys import SessionKeys, session_uid_in
from kirana.accounts.shapes import Tokens
from kirana.accounts.states import MAY_SIGN_IN
from kirana.platform import audit, clock
from kirana.platform.access import Actor
from kirana.platform.columns import new_uid
from kirana.platform.db import verb
from kirana.platform.tokens import ACCESS_SECONDS, AccessClaims, hash_secret

# The previous refresh token gets the same successor for this long: two tabs, a lost answer.
GRACE = timedelta(seconds=20)
# Absolute life and idle life.
CUSTOMER_LIFE = (timedelta(days=30), timedelta(days=7))
STAFF_LIFE = (timedelta(hours=12), timedelta(hours=1))


def open_session(
    connection: Connection,
    account: Row[*tuple[Any, ...]],
    keys: SessionKeys,
    device: str,
    actor: Actor,
) -> Tokens:
    """Write a session for ``account`` (id, role, status, token_version) and return its tokens.

    ``actor`` is the visitor who proved to be that account's owner.
    """
    now = clock.now(connection)
    absolute, idle = _life(account.role, account.status)
    uid = new_uid()
    token = keys.first_refresh_token(uid)
    connection.execute(
        insert(Session).values(
            uid=uid, account_id=account.id, token_version=account.token_version,
            current_hash=hash_secret(token), expires_at=now + absolute, idle_until=now + idle,
            device=device[:200], network=actor.network, seen_at=now, created_at=now,
        )
    )  # fmt: skip
    owner = replace(actor, account_id=account.id, role=account.role)
    audit.record(connection, owner, "session.opened", ("session", uid))
    return make_tokens(keys, uid, account.token_version, token)


def make_tokens(keys: SessionKeys, session_uid: str, version: int, refresh_token: str) -> Tokens:
    access = keys.signer.sign(AccessClaims(session_uid, version))
    return Tokens(access, refresh_token, ACCESS_SECONDS)


def refresh(actor: Actor, keys: SessionKeys, token: str) -> Tokens:
    """A new pair of tokens for ``token``, which is then used up.

    For 20 seconds it gets the same successor again; any later use ends the session and is
    audited. Raises RefreshRefused. Not to be called inside a transaction.
    """
    tokens = _rotate(actor, keys, token)
    if tokens is None:
        raise RefreshRefused
    return tokens


@verb
def _rotate(connection: Connection, actor: Actor, keys: SessionKeys, token: str) -> Tokens | None:
    """Returns None instead of raising, so that the end of a stolen session is committed."""
    found = _load(connection, token)
    now = clock.now(connection)
    if found is None or not _is_alive(found, now):
        return None
    given, successor = hash_secret(token), keys.successor(token)
    if found.current_hash == given and _advance(connection, found, given, hash_secret(successor)):
        return make_tokens(keys, found.uid, found.token_version, successor)
    found = _load(connection, token)
    if found is None or found.ended_at is not None:
        return None
    if found.previous_hash == given and now < found.rotated_at + GRACE:
        return _again(found, keys, token)
    if found.previous_hash == given or keys.is_ours(token):
        _end_family(connection, actor, found)
    return None


def _again(session: Row[*tuple[Any, ...]], keys: SessionKeys, token: str) -> Tokens | None:
    """The same successor once more, also when the key has changed since; None if it is gone."""
    for successor in keys.successors(token):
        if hash_secret(successor) == session.current_hash:
            return make_tokens(keys, session.uid, session.token_version, successor)
    return None


def _end_family(connection: Connection, actor: Actor, session: Row[*tuple[Any, ...]]) -> None:
    """Somebody has a copy of a token that was used up: nobody goes on with this session."""
    ending = update(Session).where(Session.id == session.id, Session.ended_at.is_(None))
    connection.execute(ending.values(ended_at=clock.now(connection)))
    thing = ("session", session.uid)
    audit.record(connection, actor, "session.reused", thing, after={"account": session.owner})


def _load(connection: Connection, token: str) -> Row[*tuple[Any, ...]] | None:
    columns = (
        Session.id, Session.uid, Session.token_version, Session.current_hash,
        Session.previous_hash, Session.rotated_at, Session.ended_at, Session.created_at,
        Session.expires_at, Session.idle_until, Session.seen_at, Account.role, Account.status,
        Account.token_version.label("account_version"), Account.uid.label("owner"),
    )  # fmt: skip
    find = select(*columns).join(Account, Account.id == Session.account_id)
    return connection.execute(find.where(Session.uid == session_uid_in(token))).one_or_none()


def _is_alive(session: Row[*tuple[Any, ...]], now: datetime) -> bool:
    """By the lives of who the person is now: a customer may have become staff since."""
    absolute, idle = _life(session.role, session.status)
    ends = (session.created_at + absolute, session.seen_at + idle)
    return (
        session.ended_at is None
        and session.status in MAY_SIGN_IN
        and session.token_version == session.account_version
        and now < min(session.expires_at, session.idle_until, *ends)
    )


def _advance(
    connection: Connection, session: Row[*tuple[Any, ...]], given: str, following: str
) -> bool:
    """The one conditional write that decides between two who come with the same token."""
    now = clock.now(connection)
    absolute, idle = _life(session.role, session.status)
    moving = update(Session).where(
        Session.id == session.id, Session.current_hash == given, Session.ended_at.is_(None)
    )
    changed = moving.values(
        current_hash=following, previous_hash=given, rotated_at=now, seen_at=now,
        idle_until=now + idle, expires_at=min(session.expires_at, session.created_at + absolute),
    )  # fmt: skip
    return connection.execute(changed).rowcount == 1


def _life(role: str, status: str) -> tuple[timedelta, timedelta]:
    is_staff = status == "active" and role in ("manager", "admin")
    return STAFF_LIFE if is_staff else CUSTOMER_LIFE
