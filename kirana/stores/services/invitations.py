"""Invitations to a store's team: sent by mail, taken back, accepted once."""

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, or_, select, update

from kirana.accounts.email_addresses import normal_email
from kirana.accounts.errors import BeyondYourRights
from kirana.accounts.models import Account
from kirana.accounts.permissions import Permission
from kirana.platform import audit, clock
from kirana.platform.access import Actor
from kirana.platform.announce import announce
from kirana.platform.columns import new_uid
from kirana.platform.db import verb
from kirana.platform.errors import NotFound
from kirana.platform.inserts import insert_ignoring
from kirana.platform.outbox import enqueue
from kirana.platform.rows import existing_row
from kirana.platform.tokens import hash_secret
from kirana.stores.errors import (
    AlreadyInvited,
    AlreadyMember,
    InvitationOver,
    NotInvited,
    StoreClosed,
)
from kirana.stores.invitation_keys import invitation_token
from kirana.stores.models import Invitation, Membership, Store
from kirana.stores.queries import load_rights
from kirana.stores.services.team import lock_team
from kirana.stores.team_queries import OPEN, is_for, kept_store_id, may_grant
from kirana.stores.team_shapes import NewInvitation

LIFE = timedelta(days=7)
KEPT = timedelta(days=30)


@verb
def invite(
    connection: Connection, actor: Actor, secret: str, slug: str, wanted: NewInvitation
) -> str:
    """Offer a place in the store's team to an address, by mail, for seven days; returns the uid.

    Raises NotFound, Forbidden, BeyondYourRights, AlreadyMember, AlreadyInvited, Invalid.
    """
    store_id = kept_store_id(connection, actor, slug, Permission.WRITE_STORE_MEMBERS)
    email = normal_email(wanted.email)
    if not may_grant(actor, store_id, wanted.role):
        raise BeyondYourRights
    lock_team(connection, slug)
    _check_new(connection, store_id, email)
    uid, now = new_uid(), clock.now(connection)
    is_new = insert_ignoring(
        connection, Invitation, uid=uid, store_id=store_id, email=email, role=wanted.role,
        token_hash=hash_secret(invitation_token(secret, uid)), mails=0,
        invited_by=actor.me(), expires_at=now + LIFE, created_at=now,
    )  # fmt: skip
    if not is_new:
        raise AlreadyInvited
    after = {"store": slug, "role": wanted.role}
    audit.record(connection, actor, "invitation.sent", ("invitation", uid), after=after)
    _mail(connection, uid)
    return uid


@verb
def invite_again(connection: Connection, actor: Actor, slug: str, uid: str) -> None:
    """Mail an open invitation once more, for another seven days.

    Raises NotFound, Forbidden, BeyondYourRights, InvitationOver.
    """
    found = _find(connection, actor, slug, uid)
    longer = update(Invitation).where(Invitation.id == found.id, OPEN)
    until = clock.now(connection) + LIFE
    if not connection.execute(longer.values(expires_at=until)).rowcount:
        raise InvitationOver
    audit.record(connection, actor, "invitation.sent_again", ("invitation", uid))
    _mail(connection, uid)


@verb
def revoke_invitation(connection: Connection, actor: Actor, slug: str, uid: str) -> None:
    """Take an invitation back; its link is dead at once. Raises as ``invite_again`` does."""
    found = _find(connection, actor, slug, uid)
    ending = update(Invitation).where(Invitation.id == found.id, OPEN)
    if not connection.execute(ending.values(revoked_at=clock.now(connection))).rowcount:
        raise InvitationOver
    audit.record(connection, actor, "invitation.revoked", ("invitation", uid))


@verb
def purge_invitations(connection: Connection) -> int:
    """Forget what was never accepted and ended 30 days ago; how many."""
    limit = clock.now(connection) - KEPT
    ended = func.coalesce(Invitation.revoked_at, Invitation.expires_at) < limit
    # Nothing ends long before it would have run out: the index on that finds what may be old.
    old = Invitation.accepted_at.is_(None), Invitation.expires_at < limit + LIFE, ended
    return connection.execute(delete(Invitation).where(*old)).rowcount


@verb
def accept_invitation(connection: Connection, actor: Actor, token: str) -> str:
    """Take the offered place, once, signed in with the invited address; returns the store's slug.

    Raises NotFound, NotInvited, InvitationOver (used, taken back, too old, or the inviter may not
    give this place any more), AlreadyMember, StoreClosed.
    """
    return _accept(connection, actor, Invitation.token_hash == hash_secret(token))


@verb
def accept_offer(connection: Connection, actor: Actor, uid: str) -> str:
    """The same without the mail, for who has shown that the invited address is theirs."""
    return _accept(connection, actor, (Invitation.uid == uid) & is_for(actor))


@verb
def decline_offer(connection: Connection, actor: Actor, uid: str) -> None:
    """Say no to an invitation to the caller's confirmed address. Raises NotFound."""
    mine = (Invitation.uid == uid) & is_for(actor)
    ending = update(Invitation).where(mine, OPEN).values(revoked_at=clock.now(connection))
    if not connection.execute(ending).rowcount:
        raise NotFound
    audit.record(connection, actor, "invitation.declined", ("invitation", uid))


def remind_of_invitations(connection: Connection, account_id: int, **_: object) -> str | None:
    """A note for who signs in while a store waits for their answer."""
    mine = (Account.id == account_id) & Account.verified_at.is_not(None)
    waiting = OPEN & (Invitation.expires_at > clock.now(connection))
    find = select(Store.name).join(Invitation, Invitation.store_id == Store.id)
    stores = connection.execute(
        find.join(Account, Account.email == Invitation.email).where(mine, waiting)
    )
    names = ", ".join(stores.scalars())
    return f"{names} invites you to its team. Answer on the page Your account." if names else None


def _accept(connection: Connection, actor: Actor, which: ColumnElement[bool]) -> str:
    actor.require(Permission.WRITE_OWN_PROFILE)
    columns = (
        Invitation.id, Invitation.uid, Invitation.email, Invitation.role, Invitation.store_id,
        Invitation.invited_by, Store.slug, Store.status,
    )  # fmt: skip
    find = select(*columns).join(Store, Store.id == Invitation.store_id)
    found = existing_row(connection, find.where(which))
    if found.email != actor.email:
        raise NotInvited
    _use_up(connection, actor, found.id)
    if found.status == "closed":
        raise StoreClosed
    if not may_grant(load_rights(found.invited_by), found.store_id, found.role):
        raise InvitationOver
    _join(connection, actor, found)
    return str(found.slug)


def _use_up(connection: Connection, actor: Actor, invitation_id: int) -> None:
    """The one conditional write that decides between two who accept at once."""
    now = clock.now(connection)
    using = update(Invitation).where(
        Invitation.id == invitation_id, OPEN, Invitation.expires_at > now
    )
    used = using.values(accepted_at=now, accepted_by=actor.me())
    if not connection.execute(used).rowcount:
        raise InvitationOver


def _join(connection: Connection, actor: Actor, found: Row[*tuple[Any, ...]]) -> None:
    is_new = insert_ignoring(
        connection, Membership, account_id=actor.me(), store_id=found.store_id, role=found.role,
        created_at=clock.now(connection),
    )  # fmt: skip
    if not is_new:
        raise AlreadyMember
    after = {"account": actor.uid, "role": found.role, "invitation": found.uid}
    audit.record(connection, actor, "membership.granted", ("store", found.slug), after=after)
    announce(connection, "membership_changed", account_id=actor.me())


def _check_new(connection: Connection, store_id: int, email: str) -> None:
    """Raise AlreadyMember; forget an invitation that ran out, so that a new one takes its place."""
    now = clock.now(connection)
    of_member = (Membership.store_id == store_id) & (Account.email == email)
    member = select(Membership.id).join(Account, Account.id == Membership.account_id)
    if connection.execute(member.where(of_member)).first() is not None:
        raise AlreadyMember
    old = (Invitation.store_id == store_id) & (Invitation.email == email)
    ending = update(Invitation).where(old, OPEN, Invitation.expires_at <= now)
    connection.execute(ending.values(revoked_at=now))


def _find(connection: Connection, actor: Actor, slug: str, uid: str) -> Row[*tuple[Any, ...]]:
    store_id = kept_store_id(connection, actor, slug, Permission.WRITE_STORE_MEMBERS)
    mine = (Invitation.store_id == store_id) & (Invitation.uid == uid)
    find = select(Invitation.id, Invitation.role).where(mine)
    found = existing_row(connection, find)
    if not may_grant(actor, store_id, found.role):
        raise BeyondYourRights
    return found


def _mail(connection: Connection, uid: str) -> None:
    counting = update(Invitation).where(Invitation.uid == uid).values(mails=Invitation.mails + 1)
    row = connection.execute(counting.returning(Invitation.id, Invitation.mails)).one()
    enqueue(connection, "invitation", f"invitation:{uid}:{row.mails}", invitation_id=row.id)


def forget_invitations(connection: Connection, account_id: int) -> None:
    """Let no invitation name this person, before the account loses an address: open ones end."""
    address = select(Account.email).where(Account.id == account_id).scalar_subquery()
    theirs = or_(Invitation.accepted_by == account_id, Invitation.email == address)
    ending = update(Invitation).where(
        theirs, Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None)
    )
    connection.execute(ending.values(revoked_at=clock.now(connection)))
    connection.execute(update(Invitation).where(theirs).values(email="nobody@erased.invalid"))
