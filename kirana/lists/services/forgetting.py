"""What is left of the lists of somebody whose account was erased: nothing."""

from sqlalchemy import Connection, delete, select, update

from kirana.lists.models import Favourite, ListLine, ListLink, ShoppingList


def forget_lists(connection: Connection, account_id: int) -> None:
    """Delete favourites and lists with their links; on others' lists the lines stay, of nobody.

    Safe to repeat.
    """
    connection.execute(delete(Favourite).where(Favourite.account_id == account_id))
    mine = select(ShoppingList.id).where(ShoppingList.account_id == account_id)
    for table in (ListLine, ListLink):
        connection.execute(delete(table).where(table.list_id.in_(mine)))
    connection.execute(delete(ShoppingList).where(ShoppingList.account_id == account_id))
    added = update(ListLine).where(ListLine.added_by == account_id)
    connection.execute(added.values(added_by=None))
