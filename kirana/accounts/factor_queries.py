"""The reads about second factors."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, select

from kirana.accounts.factor_models import Passkey, RecoveryCode, SignInProof, Totp
from kirana.accounts.factor_shapes import Method, PasskeyView, SecondFactors
from kirana.accounts.models import Account, Session
from kirana.platform import clock
from kirana.platform.access import Actor
from kirana.platform.db import query
from kirana.platform.rows import existing_row
from kirana.platform.tokens import hash_secret

# So soon after signing in nobody is asked for the password again.
FRESH = timedelta(minutes=10)
SET_UP = timedelta(minutes=15)
_PASSKEY = (
    Passkey.uid, Passkey.name, Passkey.is_backed_up, Passkey.created_at, Passkey.last_used_at,
)  # fmt: skip


@query
def has_second_factor(connection: Connection, account_id: int) -> bool:
    """Whether the password alone does not let this account in."""
    return bool(list_methods(account_id))


@query
def list_methods(connection: Connection, account_id: int) -> list[Method]:
    """The ways to take the second step; empty for who signs in with the password alone."""
    app = select(Totp.id).where(Totp.account_id == account_id, Totp.confirmed_at.is_not(None))
    key = select(Passkey.id).where(Passkey.account_id == account_id)
    code = _unused_codes(account_id).with_only_columns(RecoveryCode.id)
    ways: list[tuple[Method, Any]] = [("totp", app), ("passkey", key), ("recovery_code", code)]
    found: list[Method] = [
        name for name, find in ways if connection.execute(find.limit(1)).first() is not None
    ]
    return [] if found == ["recovery_code"] else found


@query
def get_second_factors(connection: Connection, actor: Actor) -> SecondFactors:
    """The caller's authenticator app, passkeys and how many recovery codes are left."""
    app = select(Totp.confirmed_at).where(
        Totp.account_id == actor.me(), Totp.confirmed_at.is_not(None)
    )
    keys = select(*_PASSKEY).where(Passkey.account_id == actor.me()).order_by(Passkey.id)
    return SecondFactors(
        totp_since=connection.execute(app).scalar_one_or_none(),
        passkeys=[PasskeyView(**row._mapping) for row in connection.execute(keys)],
        recovery_codes_left=connection.execute(_unused_codes(actor.me())).scalar_one(),
        is_obliged=actor.is_obliged,
        asks_password=not is_fresh(actor),
    )


@query
def is_fresh(connection: Connection, actor: Actor) -> bool:
    """Whether the caller's session was opened so lately that no password is asked for again."""
    since = clock.utc_now() - FRESH
    mine = select(Session.id).where(Session.id == actor.session_id, Session.created_at > since)
    return connection.execute(mine).first() is not None


@query
def find_set_up(connection: Connection, actor: Actor) -> Row[*tuple[Any, ...]] | None:
    """The app (id, sealed) that the caller's session is setting up, for a quarter of an hour."""
    find = select(Totp.id, Totp.sealed).where(
        Totp.account_id == actor.me(),
        Totp.session_id == actor.session_id,
        Totp.confirmed_at.is_(None),
        Totp.created_at > clock.utc_now() - SET_UP,
    )
    return connection.execute(find).one_or_none()


@query
def get_passkey(connection: Connection, actor: Actor, uid: str) -> PasskeyView:
    """One of the caller's passkeys. Raises NotFound."""
    find = select(*_PASSKEY).where(Passkey.account_id == actor.me(), Passkey.uid == uid)
    return PasskeyView(**existing_row(connection, find)._mapping)


@query
def list_credential_ids(connection: Connection, actor: Actor) -> list[str]:
    """The credential ids of the caller's passkeys."""
    find = select(Passkey.credential_id).where(Passkey.account_id == actor.me())
    return list(connection.execute(find).scalars())


@query
def find_passkey(connection: Connection, credential_id: str) -> Row[*tuple[Any, ...]] | None:
    """A passkey with its holder's uid."""
    columns = (Passkey.id, Passkey.uid, Passkey.account_id, Passkey.public_key)
    find = select(*columns, Account.uid.label("holder_uid"))
    found = find.join(Account, Account.id == Passkey.account_id)
    return connection.execute(found.where(Passkey.credential_id == credential_id)).one_or_none()


@query
def find_proof(connection: Connection, secret: str) -> Row[*tuple[Any, ...]] | None:
    """The account that waits for its second step, with the proof's id; None once it is void."""
    columns = (Account.id, Account.uid, Account.role, Account.status, Account.token_version)
    find = (
        select(*columns, Account.password_hash, SignInProof.password_state)
        .add_columns(SignInProof.id.label("proof_id"))
        .join(Account, Account.id == SignInProof.account_id)
        .where(
            SignInProof.key_hash == hash_secret(secret),
            SignInProof.token_version == Account.token_version,
            SignInProof.expires_at > clock.utc_now(),
        )
    )
    row = connection.execute(find).one_or_none()
    if row is None or hash_secret(row.password_hash) != row.password_state:
        return None
    return row


def _unused_codes(account_id: int) -> Any:
    unused = (RecoveryCode.account_id == account_id) & RecoveryCode.used_at.is_(None)
    return select(func.count()).select_from(RecoveryCode).where(unused)
