"""Beginning and ending to keep lots of a product."""

from typing import Any

from sqlalchemy import Connection, update

from kirana.platform import audit
from kirana.platform.access import Actor
from kirana.platform.db import verb
from kirana.stock.errors import OutOfDateThere
from kirana.stock.lots import BEFORE, BEGUN, ENDED, LotBook, Part
from kirana.stock.models import StockLevel
from kirana.stock.services.ledger import Entry, write_entries
from kirana.stock.services.lots import close_book, open_book, open_lot
from kirana.stock.services.movements import lock_level
from kirana.stock.store_queries import get_stock
from kirana.stock.views import StockView


@verb
def track_lots(connection: Connection, actor: Actor, slug: str, on: bool) -> StockView:
    """Keep lots of a product from now on, or its level only. Locks the level, then its lots.

    What is on hand joins an undated lot, or leaves its lots: booked out and in again, so that the
    ledger and the lots explain each other at any time. Raises NotFound, OutOfDateThere.
    """
    level = lock_level(connection, actor, slug)
    if level.tracks_lots == on:
        return get_stock(actor, slug)
    if level.on_hand:
        parts = _fill(connection, level) if on else _empty(connection, level)
        entries = _out_and_in(level, on, parts)
        write_entries(connection, actor, entries, {level.product_id: level})
    connection.execute(
        update(StockLevel)
        .where(StockLevel.product_id == level.product_id)
        .values(tracks_lots=on, version=StockLevel.version + 1)
    )
    audit.record(
        connection, actor, "stock_lots_kept", ("product", slug),
        before={"tracks_lots": not on}, after={"tracks_lots": on},
    )  # fmt: skip
    return get_stock(actor, slug)


def _fill(connection: Connection, level: Any) -> tuple[Part, ...]:
    """All that is on hand, into the undated lot; the lots of an earlier time are empty."""
    lot = open_lot(connection, level.product_id, BEFORE, None)
    book = LotBook([lot], [level.product_id], level.looked_at)
    part = book.move(lot.id, level.on_hand)
    close_book(connection, book)
    return (part,)


def _empty(connection: Connection, level: Any) -> tuple[Part, ...]:
    """All lots, emptied; refused while goods out of date would be for sale again."""
    book = open_book(connection, {level.product_id: level})
    lots = book.first_out(level.product_id)
    if any(book.is_over(lot) for lot in lots):
        raise OutOfDateThere
    parts = book.take(lots, level.on_hand)
    close_book(connection, book)
    return parts


def _out_and_in(level: Any, on: bool, parts: tuple[Part, ...]) -> list[Entry]:
    reason = BEGUN if on else ENDED
    there, product_id = level.on_hand, level.product_id
    return [
        Entry(product_id, "adjusted", -there, 0, reason, parts=() if on else parts),
        Entry(product_id, "adjusted", there, there, reason, parts=parts if on else ()),
    ]
