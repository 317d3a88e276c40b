"""The public names of what a broken rule's rows speak of, so that people can look at it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from kirana.accounts.models import Account
from kirana.catalog.models import Product
from kirana.orders.models import Order
from kirana.stores.models import Store

# By the column that a rule shows: what is named, and by which of its public keys.
_NAMES: dict[str, tuple[str, ColumnElement[int], ColumnElement[str]]] = {
    "product_id": ("product", Product.__table__.c.id, Product.__table__.c.slug),
    "order_id": ("order", Order.__table__.c.id, Order.__table__.c.number),
    "store_id": ("store", Store.__table__.c.id, Store.__table__.c.slug),
    "account_id": ("account", Account.__table__.c.id, Account.__table__.c.uid),
}


def name_rows(connection: Connection, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows, each with the names of the things whose keys it shows: ``product``, ``order`` …

    One statement for each kind of thing. What is not there has no name.
    """
    named = [dict(row) for row in rows]
    for column, (name, key, public) in _NAMES.items():
        wanted = {row[column] for row in rows if isinstance(row.get(column), int)}
        if not wanted:
            continue
        found = connection.execute(select(key, public).where(key.in_(wanted)))
        known = {row[0]: row[1] for row in found}
        for row in named:
            if row.get(column) in known:
                row.setdefault(name, known[row[column]])
    return named
