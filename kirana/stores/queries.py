"""The reads about stores."""

from typing import Any

from sqlalchemy import Connection, Row, String, cast, exists, func, literal_column, select
from sqlalchemy.orm import aliased

from kirana.accounts.models import Account
from kirana.accounts.permissions import Permission, Rights, read_places, rights_of
from kirana.platform import paging
from kirana.platform.access import Actor
from kirana.platform.db import query
from kirana.platform.errors import NotFound
from kirana.platform.paging import Page
from kirana.platform.rows import existing_row
from kirana.stores.models import Membership, Store
from kirana.stores.shapes import StoresQuery, StoreView, Workplace

VISIBLE = ("open", "holiday")
VIEW = (
    Store.slug, Store.name, Store.zone, Store.street, Store.city, Store.phone,
    Store.opening_hours, Store.status,
)  # fmt: skip


# The role in each store where an account works (``7:owner,9:picker``), as a column of any statement
# over accounts; in closed stores nobody works.
_COMMA: Any = literal_column("','")  # a plain text the library writes out anew for each statement
PLACES = (
    select(
        func.aggregate_strings(cast(Membership.store_id, String) + ":" + Membership.role, _COMMA)
    )
    .join(Store, Store.id == Membership.store_id)
    .where(Membership.account_id == Account.id, Store.status != "closed")
    .correlate(Account)
    .scalar_subquery()
)


@query
def places_of(connection: Connection, account_id: int) -> dict[int, str]:
    """The role in each store where this account works."""
    find = select(PLACES).select_from(Account).where(Account.id == account_id)
    return read_places(connection.execute(find).scalar_one())


@query
def load_rights(connection: Connection, account_id: int) -> Rights:
    """What this account may do right now, whoever asks."""
    find = select(Account.role, Account.status).where(Account.id == account_id)
    row = connection.execute(find).one()
    return rights_of(row.role, row.status, places_of(account_id))


@query
def list_stores(connection: Connection, wanted: StoresQuery) -> Page[StoreView]:
    """Stores that everybody may see, by slug."""
    find = select(*VIEW).where(Store.status.in_(VISIBLE))
    if wanted.cursor is not None:
        find = find.where(Store.slug > paging.decode_cursor(wanted.cursor, (str,))[0])
    rows = connection.execute(find.order_by(Store.slug).limit(wanted.limit + 1)).all()
    return paging.to_page(rows, wanted.limit, show_store, lambda row: [row.slug])


@query
def list_workplaces(connection: Connection, actor: Actor) -> list[Workplace]:
    """The stores where the caller works, by name, with what they may do there."""
    mine = (Membership.store_id == Store.id) & (Membership.account_id == actor.me())
    find = select(Store.id, *VIEW, Membership.role).join(Membership, mine)
    rows = connection.execute(find.where(Store.id.in_(actor.stores)).order_by(Store.name, Store.id))
    return [Workplace(show_store(row), row.role, actor.stores[row.id]) for row in rows]


@query
def list_all_stores(connection: Connection, actor: Actor) -> list[StoreView]:
    """Every store but closed ones, by name, for the admin."""
    actor.require(Permission.READ_APPROVALS)
    find = select(*VIEW).where(Store.status != "closed").order_by(Store.name, Store.id)
    return [show_store(row) for row in connection.execute(find)]


@query
def get_store(connection: Connection, actor: Actor, slug: str) -> StoreView:
    """One store: open ones for all, others for who works there and for admins. Raises NotFound."""
    row = find_store(connection, slug)
    may_see = row is not None and (
        row.status in VISIBLE
        or row.id in actor.stores
        or Permission.WRITE_STORES in actor.permissions
    )
    if row is None or not may_see:
        raise NotFound
    return show_store(row)


@query
def get_workplace(connection: Connection, actor: Actor, slug: str) -> StoreView:
    """A store where the caller works by now, open or not. Raises NotFound."""
    mine = (Membership.store_id == Store.id) & (Membership.account_id == actor.me())
    find = select(Store.id, *VIEW).join(Membership, mine).where(Store.slug == slug)
    return show_store(existing_row(connection, find))


def may_keep(actor: Actor, store_id: int, permission: Permission) -> bool:
    """Whether the caller holds ``permission`` there, by a place in the store or over all stores."""
    return Permission.WRITE_STORES in actor.permissions or actor.may_in(store_id, permission)


def find_store(connection: Connection, slug: str) -> Row[*tuple[Any, ...]] | None:
    find = select(Store.id, *VIEW).where(Store.slug == slug)
    return connection.execute(find).one_or_none()


def show_store(row: Row[*tuple[Any, ...]]) -> StoreView:
    return StoreView(
        slug=row.slug, name=row.name, zone=row.zone, street=row.street, city=row.city,
        phone=row.phone, opening_hours=row.opening_hours, status=row.status,
    )  # fmt: skip


@query
def list_sole_stores(connection: Connection, account_id: int) -> list[str]:
    """The names of stores that have no other active owner who stays than this one."""
    others = aliased(Membership)
    other = (
        exists()
        .where(
            others.store_id == Membership.store_id,
            others.account_id != account_id,
            others.role == "owner",
        )
        .where(
            Account.id == others.account_id,
            Account.status == "active",
            Account.erase_at.is_(None),
        )
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
