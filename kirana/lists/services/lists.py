"""Making, naming and deleting lists."""

from sqlalchemy import Connection, delete, select, update

from kirana.accounts.permissions import Permission
from kirana.lists.errors import ListExists, TooManyLists
from kirana.lists.models import ListLine, ListLink, ShoppingList
from kirana.lists.services.keeping import count_of, lock_keeper
from kirana.platform import audit, clock, texts
from kirana.platform.access import Actor
from kirana.platform.columns import new_uid
from kirana.platform.db import verb
from kirana.platform.errors import Stale
from kirana.platform.inserts import insert_ignoring
from kirana.platform.rows import existing, existing_row

LONGEST_NAME = 80


@verb
def make_list(connection: Connection, actor: Actor, name: str, most: int) -> str:
    """A new list; its uid. Raises ListExists, TooManyLists, Invalid. Locks the account."""
    actor.require(Permission.WRITE_OWN_LISTS)
    me, uid = lock_keeper(connection, actor), new_uid()
    name = texts.one_line(name, "/name", LONGEST_NAME)
    is_new = insert_ignoring(
        connection, ShoppingList, uid=uid, account_id=me, name=name, version=1,
        created_at=clock.now(connection),
    )  # fmt: skip
    if not is_new:
        raise ListExists
    if count_of(connection, ShoppingList, ShoppingList.account_id == me) > most:
        raise TooManyLists
    audit.record(connection, actor, "list.made", ("shopping_list", uid))
    return uid


@verb
def rename_list(
    connection: Connection, actor: Actor, uid: str, name: str, version: int | None = None
) -> None:
    """Give one of the caller's lists another name. Raises NotFound, Stale, ListExists, Invalid."""
    actor.require(Permission.WRITE_OWN_LISTS)
    me = lock_keeper(connection, actor)
    name = texts.one_line(name, "/name", LONGEST_NAME)
    mine = (ShoppingList.uid == uid, ShoppingList.account_id == me)
    row = existing_row(connection, select(ShoppingList.id, ShoppingList.version).where(*mine))
    if version is not None and version != row.version:
        raise Stale
    same = (ShoppingList.account_id == me, ShoppingList.name == name, ShoppingList.id != row.id)
    if count_of(connection, ShoppingList, *same):
        raise ListExists
    change = update(ShoppingList).where(ShoppingList.id == row.id)
    connection.execute(change.values(name=name, version=ShoppingList.version + 1))
    audit.record(connection, actor, "list.renamed", ("shopping_list", uid))


@verb
def delete_list(connection: Connection, actor: Actor, uid: str) -> None:
    """Delete one of the caller's lists; its links lead nowhere. Raises NotFound. Locks it."""
    actor.require(Permission.WRITE_OWN_LISTS)
    mine = (ShoppingList.uid == uid, ShoppingList.account_id == actor.me())
    locking = update(ShoppingList).where(*mine).values(version=ShoppingList.version + 1)
    list_id = existing(connection.execute(locking.returning(ShoppingList.id)).scalar())
    for table in (ListLine, ListLink):
        connection.execute(delete(table).where(table.list_id == list_id))
    connection.execute(delete(ShoppingList).where(ShoppingList.id == list_id))
    audit.record(connection, actor, "list.deleted", ("shopping_list", uid))
