"""A store's team: members are given another place, or leave."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, select, update

from kirana.accounts.errors import BeyondYourRights
from kirana.accounts.models import Account
from kirana.accounts.permissions import Permission
from kirana.platform import audit
from kirana.platform.access import Actor
from kirana.platform.announce import announce
from kirana.platform.columns import new_uid
from kirana.platform.db import verb
from kirana.platform.errors import NotFound
from kirana.platform.outbox import enqueue
from kirana.platform.rows import existing_row
from kirana.stores.errors import LastOwner
from kirana.stores.models import Membership, Store
from kirana.stores.team_queries import kept_store_id, may_grant


@dataclass(frozen=True, slots=True)
class _Place:
    """A member's place, with the store locked."""

    id: int
    store_id: int
    slug: str
    account_id: int
    uid: str
    role: str


@verb
def change_place(connection: Connection, actor: Actor, slug: str, uid: str, role: str) -> None:
    """Give a member another role in the store, from their next request on. Locks the store.

    Raises NotFound, Forbidden, LastOwner, BeyondYourRights (the role has more than the caller).
    """
    place = _lock_place(connection, actor, slug, uid)
    if not (
        may_grant(actor, place.store_id, place.role) and may_grant(actor, place.store_id, role)
    ):
        raise BeyondYourRights
    if role == place.role:
        return
    keep_an_owner(connection, place)
    connection.execute(update(Membership).where(Membership.id == place.id).values(role=role))
    before, after = _facts(place), _facts(place) | {"role": role}
    thing = ("store", slug)
    audit.record(connection, actor, "membership.changed", thing, before=before, after=after)
    announce(connection, "membership_changed", account_id=place.account_id)


@verb
def remove_member(connection: Connection, actor: Actor, slug: str, uid: str) -> None:
    """End somebody's work in the store, from their next request on. Locks the store.

    Raises NotFound, Forbidden, BeyondYourRights, LastOwner.
    """
    place = _lock_place(connection, actor, slug, uid)
    if not may_grant(actor, place.store_id, place.role):
        raise BeyondYourRights
    keep_an_owner(connection, place)
    _end(connection, actor, place)
    if place.uid != actor.uid:
        ids = {"account_id": place.account_id, "store_id": place.store_id}
        enqueue(connection, "team_left", f"team-left:{new_uid()}", **ids)


@verb
def leave_store(connection: Connection, actor: Actor, slug: str) -> None:
    """End the caller's own work in the store; an owner's only if another stays.

    Locks the store. Raises NotFound, LastOwner.
    """
    place = _find_place(connection, slug, actor.uid)
    if place.store_id not in actor.stores:
        raise NotFound
    keep_an_owner(connection, place)
    _end(connection, actor, place)


def leave_all_stores(connection: Connection, account_id: int, was: str, actor: Actor) -> None:
    """A manager got another role: their places in stores end with it. Locks these stores."""
    if was != "manager":
        return
    find = (
        select(Store.slug, Account.uid)
        .join(Membership, Membership.store_id == Store.id)
        .join(Account, Account.id == Membership.account_id)
        .where(Membership.account_id == account_id)
        .order_by(Store.id)
    )
    for row in connection.execute(find).all():
        _end(connection, actor, _find_place(connection, row.slug, row.uid))


def lock_own_stores(connection: Connection, account_id: int) -> None:
    """Lock the stores that this account owns: of two owners who go at once the second is told."""
    mine = (Membership.account_id == account_id) & (Membership.role == "owner")
    find = select(Store.id).join(Membership, Membership.store_id == Store.id).where(mine)
    connection.execute(find.order_by(Store.id).with_for_update(of=Store)).all()


def keep_an_owner(connection: Connection, leaving: _Place) -> None:
    """Raise LastOwner if no other active person would own the store. Its row must be locked."""
    others = (
        select(Membership.id)
        .join(Account, Account.id == Membership.account_id)
        .where(
            Membership.store_id == leaving.store_id,
            Membership.role == "owner",
            Membership.id != leaving.id,
            Account.status == "active",
            Account.erase_at.is_(None),
        )
    )
    if leaving.role == "owner" and connection.execute(others).first() is None:
        raise LastOwner


def _lock_place(connection: Connection, actor: Actor, slug: str, uid: str) -> _Place:
    kept_store_id(connection, actor, slug, Permission.WRITE_STORE_MEMBERS)
    return _find_place(connection, slug, uid)


def _find_place(connection: Connection, slug: str, uid: str) -> _Place:
    """The place as it is once everybody else who changes this team is done. Raises NotFound."""
    lock_team(connection, slug)
    columns = (
        Membership.id, Membership.store_id, Store.slug, Membership.account_id, Account.uid,
        Membership.role,
    )  # fmt: skip
    find = (
        select(*columns)
        .join(Store, Store.id == Membership.store_id)
        .join(Account, Account.id == Membership.account_id)
    )
    return _Place(*existing_row(connection, find.where(Store.slug == slug, Account.uid == uid)))


def lock_team(connection: Connection, slug: str) -> None:
    """Nobody else changes this store's team until the transaction ends."""
    connection.execute(select(Store.id).where(Store.slug == slug).with_for_update())


def _end(connection: Connection, actor: Actor, place: _Place) -> None:
    connection.execute(delete(Membership).where(Membership.id == place.id))
    thing = ("store", place.slug)
    audit.record(connection, actor, "membership.removed", thing, before=_facts(place))
    announce(connection, "membership_changed", account_id=place.account_id)


def _facts(place: _Place) -> dict[str, str]:
    return {"account": place.uid, "role": place.role}
