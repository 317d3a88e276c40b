"""API keys: made by people for their programs, revoked, and noted when used."""

import secrets
from datetime import timedelta

from sqlalchemy import Connection, func, insert, or_, select, update

from kirana.accounts.errors import BeyondYourRights, TooManyKeys
from kirana.accounts.key_queries import PREFIX, is_live
from kirana.accounts.key_shapes import NewKey
from kirana.accounts.models import Account, ApiKey
from kirana.accounts.permissions import NOT_FOR_KEYS, Permission, completed
from kirana.platform import audit, clock, texts
from kirana.platform.access import Actor
from kirana.platform.db import verb
from kirana.platform.errors import NotFound
from kirana.platform.outbox import enqueue
from kirana.platform.tokens import hash_secret, new_secret

MOST_KEYS = 20
NOTED_EACH = timedelta(minutes=1)


@verb
def make_key(
    connection: Connection, actor: Actor, new: NewKey, store_id: int | None
) -> tuple[str, str]:
    """Make a key for a program of the caller's; (uid, token), of which only the hash is kept.

    Whatever the key may write it may read too. Locks the account. Raises BeyondYourRights,
    TooManyKeys, Invalid.
    """
    actor.require(Permission.WRITE_OWN_PROFILE)
    name = texts.one_line(new.name, "/name", 80)
    held = grantable(actor, store_id)
    granted = completed(new.permissions, held)
    if not granted <= held:
        raise BeyondYourRights
    connection.execute(select(Account.id).where(Account.id == actor.me()).with_for_update())
    mine = select(func.count()).where(ApiKey.account_id == actor.me(), is_live())
    if connection.execute(mine).scalar_one() >= MOST_KEYS:
        raise TooManyKeys
    uid, now = secrets.token_hex(8), clock.now(connection)
    token = f"{PREFIX}{uid}_{new_secret()}"
    life = new.expires_in_days
    until = None if life is None else now + timedelta(days=life)
    adding = insert(ApiKey).values(
        uid=uid, account_id=actor.me(), name=name, token_hash=hash_secret(token),
        permissions=sorted(granted), store_id=store_id, created_at=now, expires_at=until,
    )  # fmt: skip
    key_id = connection.execute(adding.returning(ApiKey.id)).scalar_one()
    enqueue(connection, "api_key_made", f"api-key:{uid}", account_id=actor.me(), key_id=key_id)
    expires = until and f"{until:%Y-%m-%dT%H:%MZ}"
    after = {"permissions": sorted(granted), "store": new.store_slug, "expires": expires}
    audit.record(connection, actor, "api_key.made", ("api_key", uid), after=after)
    return uid, token


def grantable(actor: Actor, store_id: int | None) -> frozenset[str]:
    """What the caller may give a key, or one for the work of this store only."""
    held = actor.permissions if store_id is None else actor.stores.get(store_id, frozenset())
    return held - NOT_FOR_KEYS


@verb
def revoke_key(connection: Connection, actor: Actor, uid: str) -> None:
    """End one of the caller's keys at once. Raises NotFound, also for one that has ended."""
    actor.require(Permission.WRITE_OWN_PROFILE)
    mine = (ApiKey.account_id == actor.me()) & (ApiKey.uid == uid)
    ending = update(ApiKey).where(mine, ApiKey.revoked_at.is_(None))
    if not connection.execute(ending.values(revoked_at=clock.now(connection))).rowcount:
        raise NotFound
    audit.record(connection, actor, "api_key.revoked", ("api_key", uid))


def end_keys(connection: Connection, account_id: int) -> None:
    """End all keys of an account, as when its password had to be set anew."""
    mine = (ApiKey.account_id == account_id) & ApiKey.revoked_at.is_(None)
    connection.execute(update(ApiKey).where(mine).values(revoked_at=clock.now(connection)))


@verb
def note_use(connection: Connection, key_id: int) -> None:
    """Keep when a key was last used, at most once a minute."""
    now = clock.now(connection)
    before = or_(ApiKey.used_at.is_(None), ApiKey.used_at <= now - NOTED_EACH)
    connection.execute(update(ApiKey).where(ApiKey.id == key_id, before).values(used_at=now))
