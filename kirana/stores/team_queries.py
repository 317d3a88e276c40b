"""The reads about a store's team: its members, its invitations, and one invitation by its token."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, case, exists, select

from kirana.accounts.models import Account
from kirana.accounts.permissions import STORE_TABLE, Permission, Rights
from kirana.accounts.shapes import Person
from kirana.platform import clock
from kirana.platform.access import Actor
from kirana.platform.db import query
from kirana.platform.errors import NotFound
from kirana.platform.paging import Page, PageQuery, decode_cursor, to_page
from kirana.platform.rows import existing_row, newest_page
from kirana.platform.tokens import hash_secret
from kirana.stores.models import Invitation, Membership, Store
from kirana.stores.queries import find_store, may_keep
from kirana.stores.shapes import Member
from kirana.stores.team_shapes import InvitationsQuery, InvitationView, Offer

_MEMBERS = select(
    Membership.id, Account.uid, Account.email, Account.name, Account.role, Account.status,
    Account.created_at, Membership.role.label("store_role"), Membership.created_at.label("since"),
).join(Account, Account.id == Membership.account_id)  # fmt: skip
OPEN = and_(Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None))


@query
def list_members(
    connection: Connection, actor: Actor, slug: str, wanted: PageQuery
) -> Page[Member]:
    """Who works in a store, longest first, for its team and for admins. Raises NotFound."""
    store_id = kept_store_id(connection, actor, slug, Permission.READ_STORE_MEMBERS)
    find = _MEMBERS.where(Membership.store_id == store_id)
    if wanted.cursor is not None:
        find = find.where(Membership.id > decode_cursor(wanted.cursor, [int])[0])
    rows = connection.execute(find.order_by(Membership.id).limit(wanted.limit + 1)).all()
    return to_page(rows, wanted.limit, _member, lambda row: (row.id,))


@query
def get_member(connection: Connection, actor: Actor, slug: str, uid: str) -> Member:
    """Somebody who works in a store, for its team and for admins. Raises NotFound."""
    store_id = kept_store_id(connection, actor, slug, Permission.READ_STORE_MEMBERS)
    theirs = and_(Membership.store_id == store_id, Account.uid == uid)
    return _member(existing_row(connection, _MEMBERS.where(theirs)))


@query
def list_invitations(
    connection: Connection, actor: Actor, slug: str, wanted: InvitationsQuery
) -> Page[InvitationView]:
    """A store's invitations, newest first, for its owner and for admins. Raises NotFound."""
    store_id = kept_store_id(connection, actor, slug, Permission.WRITE_STORE_MEMBERS)
    find = _invitations().where(Invitation.store_id == store_id)
    if wanted.is_open:
        find = find.where(OPEN)
    return newest_page(connection, find, Invitation.id, wanted, _invitation)


@query
def get_invitation(connection: Connection, actor: Actor, slug: str, uid: str) -> InvitationView:
    """One invitation of a store, for its owner and for admins. Raises NotFound."""
    store_id = kept_store_id(connection, actor, slug, Permission.WRITE_STORE_MEMBERS)
    mine = and_(Invitation.store_id == store_id, Invitation.uid == uid)
    return _invitation(existing_row(connection, _invitations().where(mine)))


@query
def get_offer(connection: Connection, actor: Actor, token: str) -> Offer:
    """What an invitation offers, for whoever holds its token. Raises NotFound."""
    find = _invitations().where(Invitation.token_hash == hash_secret(token))
    return _offer(actor, existing_row(connection, find))


@query
def list_offers(connection: Connection, actor: Actor) -> list[Offer]:
    """What waits for the caller's answer, if their address is confirmed; the newest twenty."""
    waiting = and_(is_for(actor), OPEN, Invitation.expires_at > clock.utc_now())
    find = _invitations().where(waiting).order_by(Invitation.id.desc()).limit(20)
    return [_offer(actor, row) for row in connection.execute(find)]


def is_for(actor: Actor) -> ColumnElement[bool]:
    """The condition that picks invitations to the caller's address, once that is confirmed."""
    is_me = (Account.id == actor.me(), Account.verified_at.is_not(None))
    return and_(Invitation.email == actor.email, exists().where(*is_me))


def kept_store_id(connection: Connection, actor: Actor, slug: str, permission: Permission) -> int:
    """The id of a store in which the caller, or an admin, holds ``permission``.

    Raises NotFound, Forbidden.
    """
    actor.require(permission)
    store = find_store(connection, slug)
    if store is None or not may_keep(actor, store.id, permission):
        raise NotFound
    store_id: int = store.id
    return store_id


def may_grant(holder: Actor | Rights, store_id: int, role: str) -> bool:
    """Whether the holder has, in that store, everything that a place of ``role`` allows.

    Whoever keeps all stores lets anybody in, as with managers' applications.
    """
    if Permission.WRITE_STORES in holder.permissions:
        return Permission.WRITE_STORE_MEMBERS in holder.permissions
    held = holder.stores.get(store_id, frozenset())
    return Permission.WRITE_STORE_MEMBERS in held and STORE_TABLE[role] <= held


@query
def grantable_places(connection: Connection, actor: Actor, slug: str) -> list[str]:
    """The roles in a store's team that the caller may give and take, the highest first."""
    store = find_store(connection, slug)
    return [role for role in STORE_TABLE if store is not None and may_grant(actor, store.id, role)]


def _invitations() -> Any:
    now = clock.utc_now()
    states: list[tuple[ColumnElement[bool], str]] = [
        (Invitation.accepted_at.is_not(None), "accepted"),
        (Invitation.revoked_at.is_not(None), "revoked"),
        (Invitation.expires_at <= now, "expired"),
    ]
    return (
        select(
            Invitation.id, Invitation.uid, Invitation.email, Invitation.role,
            Invitation.created_at, Invitation.expires_at, Account.name.label("inviter"),
            Store.name.label("store"), Store.slug.label("store_slug"),
            case(*states, else_="open").label("state"),
        )
        .join(Account, Account.id == Invitation.invited_by)
        .join(Store, Store.id == Invitation.store_id)
    )  # fmt: skip


def _invitation(row: Row[*tuple[Any, ...]]) -> InvitationView:
    return InvitationView(
        row.uid, row.email, row.role, row.state, row.inviter, row.created_at, row.expires_at
    )


def _offer(actor: Actor, row: Row[*tuple[Any, ...]]) -> Offer:
    return Offer(
        uid=row.uid, store=row.store, store_slug=row.store_slug, role=row.role, state=row.state,
        invited_by=row.inviter, expires_at=row.expires_at,
        is_mine=actor.is_signed_in and row.email == actor.email,
    )  # fmt: skip


def _member(row: Row[*tuple[Any, ...]]) -> Member:
    person = Person(row.uid, row.email, row.name, row.role, row.status, row.created_at)
    return Member(person, row.store_role, row.since)
