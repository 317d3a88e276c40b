"""Deciding on managers' applications."""

from sqlalchemy import Connection, select

from kirana.accounts.errors import BeyondYourRights
from kirana.accounts.models import Account
from kirana.accounts.permissions import Permission
from kirana.accounts.services import approve_application, reject_application
from kirana.platform import audit, clock
from kirana.platform.access import Actor
from kirana.platform.announce import announce
from kirana.platform.db import verb
from kirana.platform.errors import Invalid
from kirana.platform.inserts import insert_ignoring
from kirana.stores.errors import StoreClosed
from kirana.stores.models import Membership
from kirana.stores.queries import find_store
from kirana.stores.services.keeping import create_store, store_id_of
from kirana.stores.shapes import Placement
from kirana.stores.team_queries import may_grant


@verb
def approve_manager(
    connection: Connection, actor: Actor, uid: str, place: Placement, zone: str
) -> str:
    """Let an applicant in as manager of an existing store, or owner of a new one, at once.

    Returns the store's slug. One transaction: application, account, store, membership, history,
    audit, mail. Raises Forbidden, BeyondYourRights (the place), NotFound, IllegalMove,
    Invalid, StoreClosed.
    """
    actor.require(Permission.WRITE_APPROVALS)
    slug, store_role = _place(connection, actor, place, zone)
    store_id = store_id_of(connection, slug)
    if actor.via != "system" and not may_grant(actor, store_id, store_role):
        raise BeyondYourRights
    account_id = approve_application(actor, uid, store_id)
    insert_ignoring(
        connection, Membership, account_id=account_id, store_id=store_id, role=store_role,
        created_at=clock.now(connection),
    )  # fmt: skip
    find = select(Account.uid).where(Account.id == account_id)
    account = connection.execute(find).scalar_one()
    after = {"application": uid, "account": account, "role": store_role}
    audit.record(connection, actor, "membership.granted", ("store", slug), after=after)
    announce(connection, "manager_approved", account_id=account_id, store_id=store_id)
    return slug


def reject_manager(actor: Actor, uid: str, reason: str) -> None:
    """Refuse an application with a reason. Raises Forbidden, NotFound, IllegalMove, Invalid."""
    reject_application(actor, uid, reason)


def _place(connection: Connection, actor: Actor, place: Placement, zone: str) -> tuple[str, str]:
    """The store's slug, and the role there."""
    if (place.store_slug is None) == (place.new_store is None):
        raise Invalid.at("/store_slug", "give either an existing store or a new one")
    if place.new_store is not None:
        return create_store(actor, place.new_store, zone, "open"), "owner"
    store = find_store(connection, place.store_slug or "")
    if store is None:
        raise Invalid.at("/store_slug", "there is no such store")
    if store.status == "closed":
        raise StoreClosed
    return store.slug, "manager"
