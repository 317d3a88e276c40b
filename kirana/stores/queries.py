"""The reads about stores."""

from typing import Any

from sqlalchemy import Connection, Row, exists, select
from sqlalchemy.orm import aliased

from kirana.accounts.models import Account
from kirana.accounts.permissions import Permission
from kirana.accounts.shapes import Person
from kirana.platform import paging
from kirana.platform.access import Actor
from kirana.platform.db import query
from kirana.platform.errors import NotFound
from kirana.platform.paging import Page
from kirana.stores.models import Membership, Store
from kirana.stores.shapes import Member, StoresQuery, StoreView

VISIBLE = ("open", "holiday")
# Roles whose holders run the store's products, stock and orders.
RUNNING = ("owner", "manager")
VIEW = (
    Store.slug, Store.name, Store.zone, Store.street, Store.city, Store.phone,
    Store.opening_hours, Store.status,
)  # fmt: skip


@query
def store_ids_of(connection: Connection, account_id: int) -> frozenset[int]:
    """The stores that a manager runs; closed ones are run by nobody."""
    find = (
        select(Membership.store_id)
        .join(Store, Store.id == Membership.store_id)
        .where(
            Membership.account_id == account_id,
            Membership.role.in_(RUNNING),
            Store.status != "closed",
        )
    )
    return frozenset(connection.execute(find).scalars())


@query
def list_stores(connection: Connection, wanted: StoresQuery) -> Page[StoreView]:
    """Stores that everybody may see, by slug."""
    find = select(*VIEW).where(Store.status.in_(VISIBLE))
    if wanted.cursor is not None:
        find = find.where(Store.slug > paging.decode_cursor(wanted.cursor, (str,))[0])
    rows = connection.execute(find.order_by(Store.slug).limit(wanted.limit + 1)).all()
    return paging.to_page(rows, wanted.limit, show_store, lambda row: [row.slug])


@query
def list_own_stores(connection: Connection, actor: Actor) -> list[StoreView]:
    """The stores that the caller runs, by name."""
    find = select(*VIEW).where(Store.id.in_(actor.store_ids)).order_by(Store.name, Store.id)
    return [show_store(row) for row in connection.execute(find)]


@query
def list_all_stores(connection: Connection, actor: Actor) -> list[StoreView]:
    """Every store but closed ones, by name, for the admin who places a manager."""
    actor.require(Permission.READ_APPROVALS)
    find = select(*VIEW).where(Store.status != "closed").order_by(Store.name, Store.id)
    return [show_store(row) for row in connection.execute(find)]


@query
def get_store(connection: Connection, actor: Actor, slug: str) -> StoreView:
    """One store: open ones for all, others for who runs them and for admins. Raises NotFound."""
    row = find_store(connection, slug)
    may_see = row is not None and (
        row.status in VISIBLE
        or row.id in actor.store_ids
        or Permission.WRITE_STORES in actor.permissions
    )
    if row is None or not may_see:
        raise NotFound
    return show_store(row)


@query
def list_members(connection: Connection, actor: Actor, slug: str) -> list[Member]:
    """Who works in a store, for its own team and for admins. Raises NotFound, Forbidden."""
    actor.require(Permission.READ_STORE_MEMBERS)
    store = find_store(connection, slug)
    is_mine = store is not None and store.id in actor.store_ids
    if store is None or not (is_mine or actor.role == "admin"):
        raise NotFound
    columns = (
        Account.uid, Account.email, Account.name, Account.role, Account.status,
        Account.created_at, Membership.role.label("store_role"),
        Membership.created_at.label("since"),
    )  # fmt: skip
    find = (
        select(*columns)
        .join(Account, Account.id == Membership.account_id)
        .where(Membership.store_id == store.id)
        .order_by(Membership.id)
    )
    return [_member(row) for row in connection.execute(find)]


def find_store(connection: Connection, slug: str) -> Row[*tuple[Any, ...]] | None:
    find = select(Store.id, *VIEW).where(Store.slug == slug)
    return connection.execute(find).one_or_none()


def show_store(row: Row[*tuple[Any, ...]]) -> StoreView:
    return StoreView(
        slug=row.slug,
        name=row.name,
        zone=row.zone,
        street=row.street,
        city=row.city,
        phone=row.phone,
        opening_hours=row.opening_hours,
        status=row.status,
    )


def _member(row: Row[*tuple[Any, ...]]) -> Member:
    person = Person(row.uid, row.email, row.name, row.role, row.status, row.created_at)
    return Member(person, row.store_role, row.since)


@query
def list_sole_stores(connection: Connection, account_id: int) -> list[str]:
    """The names of stores that have no other active owner than this one."""
    others = aliased(Membership)
    other = (
        exists()
        .where(
            others.store_id == Membership.store_id,
            others.account_id != account_id,
            others.role == "owner",
        )
        .where(Account.id == others.account_id, Account.status == "active")
    )
    find = (
        select(Store.name)
        .join(Membership, Membership.store_id == Store.id)
        .where(
            Membership.account_id == account_id, Membership.role == "owner",
            Store.status != "closed", ~other,
        )
    )  # fmt: skip
    return list(connection.execute(find.order_by(Store.name)).scalars())
