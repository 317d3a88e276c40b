"""What stands on a list, changed by its owner or through a link, and put into a basket."""

from typing import Any

from sqlalchemy import Connection, and_, delete, insert, select, update

from kirana.accounts.permissions import Permission
from kirana.cart.errors import NotForSale, OffGrid, TooMuch
from kirana.cart.services import Gathered, put_all
from kirana.cart.steps import largest, stepped
from kirana.catalog.models import Product
from kirana.catalog.units import nearest_on_grid, on_grid
from kirana.lists.errors import ListFull, ReadOnly
from kirana.lists.models import ListLine, ShoppingList
from kirana.lists.queries import find_place, wishes_of
from kirana.lists.services.keeping import count_of
from kirana.lists.shapes import Place
from kirana.platform import clock
from kirana.platform.access import Actor
from kirana.platform.db import verb
from kirana.platform.probes import reached
from kirana.platform.rows import existing_row
from kirana.stores.models import Store


@verb
def set_list_line(
    connection: Connection, actor: Actor, place: Place, line: tuple[str, int], most: int
) -> None:
    """Make a list hold (product, steps); again it changes nothing. Locks the list.

    Raises NotFound, ReadOnly, NotForSale, OffGrid, TooMuch, ListFull.
    """
    list_id = _lock(connection, actor, place)
    row = _find(connection, list_id, line[0])
    _put(connection, actor, (list_id, most), row, line[1])


@verb
def step_list_line(
    connection: Connection, actor: Actor, place: Place, line: tuple[str, int], most: int
) -> None:
    """Add or take increments of (product, steps up or down); below the minimum the line goes.

    Raises as ``set_list_line``. Locks the list.
    """
    list_id = _lock(connection, actor, place)
    row = _find(connection, list_id, line[0])
    quantity = stepped(row.held or 0, line[1], row.minimum, row.increment)
    if quantity > 0:
        _put(connection, actor, (list_id, most), row, quantity)
    else:
        _drop(connection, list_id, row.id)


@verb
def remove_list_line(connection: Connection, actor: Actor, place: Place, slug: str) -> None:
    """Take a product off a list; again it changes nothing. Raises NotFound, ReadOnly."""
    list_id = _lock(connection, actor, place)
    found = connection.execute(select(Product.id).where(Product.slug == slug)).scalar()
    if found is not None:
        _drop(connection, list_id, found)


@verb
def put_list_in_basket(connection: Connection, actor: Actor, place: Place) -> Gathered:
    """All of a list into the caller's own basket; what was capped is told. Raises NotFound."""
    actor.require(Permission.WRITE_OWN_BASKET)
    return put_all(actor, wishes_of(find_place(actor, place).id))


def _lock(connection: Connection, actor: Actor, place: Place) -> int:
    """The list, locked; its version rises. A link that was revoked meanwhile counts no more."""
    actor.require(Permission.WRITE_OWN_LISTS)
    found = find_place(actor, place)
    locking = update(ShoppingList).where(ShoppingList.id == found.id)
    connection.execute(locking.values(version=ShoppingList.version + 1))
    reached("list.locked")
    if find_place(actor, place).may == "read":
        raise ReadOnly
    list_id: int = found.id
    return list_id


def _find(connection: Connection, list_id: int, slug: str) -> Any:
    """The product with what the list holds of it. Hidden from strangers: a draft is not there."""
    mine = and_(ListLine.product_id == Product.id, ListLine.list_id == list_id)
    find = (
        select(
            Product.id, Product.status, Product.unit, Product.increment, Product.minimum,
            Product.price_per, Store.status.label("store_status"), ListLine.quantity.label("held"),
        )
        .join(Store, Store.id == Product.store_id)
        .outerjoin(ListLine, mine)
        .where(Product.slug == slug, Product.status != "draft")
    )  # fmt: skip
    return existing_row(connection, find)


def _put(
    connection: Connection, actor: Actor, where: tuple[int, int], row: Any, quantity: int
) -> None:
    list_id, most = where
    if row.held is None and (row.status != "published" or row.store_status != "open"):
        raise NotForSale
    if not on_grid(quantity, row.increment, row.minimum):
        raise OffGrid(nearest_on_grid(quantity, row.increment, row.minimum), row.unit)
    largest_line = largest(row.price_per, row.minimum, row.increment)
    if quantity > largest_line:
        raise TooMuch(largest_line, row.unit)
    if row.held is not None:
        mine = and_(ListLine.list_id == list_id, ListLine.product_id == row.id)
        connection.execute(update(ListLine).where(mine).values(quantity=quantity))
        return
    if count_of(connection, ListLine, ListLine.list_id == list_id) >= most:
        raise ListFull
    reached("list.before_line")
    connection.execute(
        insert(ListLine).values(
            list_id=list_id, product_id=row.id, quantity=quantity, added_by=actor.me(),
            created_at=clock.now(connection),
        )
    )  # fmt: skip


def _drop(connection: Connection, list_id: int, product_id: int) -> None:
    mine = and_(ListLine.list_id == list_id, ListLine.product_id == product_id)
    connection.execute(delete(ListLine).where(mine))
