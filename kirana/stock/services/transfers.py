"""Goods that go from one shelf to another, mostly between two stores of one owner."""

from typing import Any

import msgspec
from sqlalchemy import Connection, select

from kirana.platform.access import Actor
from kirana.platform.columns import new_uid
from kirana.platform.db import verb
from kirana.platform.errors import Invalid
from kirana.stock.lots import Part
from kirana.stock.models import Lot
from kirana.stock.services.ledger import lock_levels, raise_if_band_changed
from kirana.stock.services.lots import open_lot
from kirana.stock.services.movements import Change, lock_own_levels, move
from kirana.stock.store_queries import get_stock
from kirana.stock.views import StockView


class Transfer(msgspec.Struct, frozen=True):
    """To which product goods go, why, and of which lot; what goes out first if none."""

    to: str
    reason: str = ""
    lot: str | None = None


@verb
def transfer_goods(
    connection: Connection, actor: Actor, slug: str, quantity: int, transfer: Transfer
) -> StockView:
    """Move ``quantity`` of ``slug`` to another product; the level that it leaves.

    Both are the actor's, in one unit, and keep lots or both do not: lots keep code and date, and
    none goes that is out of date. Locks both products, both levels in ascending id, their lots.
    Raises NotFound (one is not yours), Invalid, OutOfStock.
    """
    if quantity < 1:
        raise Invalid.at("/quantity", "must be at least 1")
    if transfer.to == slug:
        raise Invalid.at("/to", "is where the goods are")
    source, target = lock_own_levels(connection, actor, slug, transfer.to)
    _require_alike(source, target)
    uid = new_uid()
    out, come = transfer.reason or f"To {target.title}", transfer.reason or f"From {source.title}"
    leaving = Change("transferred", -quantity, out, transfer.lot, transfer_uid=uid)
    parts = move(connection, actor, source, leaving)
    joins = _arrive(connection, target, parts)
    arriving = Change("transferred", quantity, come, joins=joins, transfer_uid=uid)
    move(connection, actor, target, arriving)
    after = lock_levels(connection, [source.product_id, target.product_id])
    deltas = {source.product_id: -quantity, target.product_id: quantity}
    raise_if_band_changed(connection, after, deltas)
    return get_stock(actor, slug)


def _require_alike(source: Any, target: Any) -> None:
    if source.unit != target.unit:
        raise Invalid.at("/to", "is sold in another unit")
    if source.tracks_lots != target.tracks_lots:
        raise Invalid.at("/to", "keep lots of both products, or of neither")


def _arrive(
    connection: Connection, target: Any, parts: tuple[Part, ...]
) -> tuple[tuple[str, int], ...]:
    """The lots that ``parts`` of another product join here, under the same code and date."""
    if not parts:
        return ()
    ids = [part.lot_id for part in parts]
    rows = connection.execute(select(Lot.id, Lot.code, Lot.best_before).where(Lot.id.in_(ids)))
    left = {row.id: row for row in rows}
    joins = []
    for part in parts:
        lot = left[part.lot_id]
        open_lot(connection, target.product_id, lot.code, lot.best_before)
        joins.append((lot.code, -part.delta))
    return tuple(joins)
