"""Lots in a transaction: locked after their level, moved with it, and switched on and off."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, bindparam, false, or_, select, update

from kirana.catalog.models import Product
from kirana.platform import clock
from kirana.platform.columns import new_uid
from kirana.platform.errors import Invalid
from kirana.platform.inserts import insert_ignoring
from kirana.stock.lots import BEFORE, LotBook, LotState, Part
from kirana.stock.models import Lot, LotMovement, StockMovement
from kirana.stores.models import Store

FARTHEST = timedelta(days=366 * 50)
_COLUMNS = (Lot.id, Lot.product_id, Lot.code, Lot.best_before, Lot.sold_until, Lot.on_hand)


def open_book(
    connection: Connection, levels: Mapping[int, Any], also: ColumnElement[bool] | None = None
) -> LotBook:
    """The lots of those ``levels`` that keep them, locked in ascending id; their levels are.

    Lots that hold something, and which ``also`` picks. Asks nothing where no lots are kept.
    Judged at the moment at which the levels were looked at.
    """
    tracked = [product_id for product_id, level in levels.items() if level.tracks_lots]
    now = max((level.looked_at for level in levels.values()), default=clock.now(connection))
    if not tracked:
        return LotBook((), (), now)
    wanted = or_(Lot.on_hand > 0, false() if also is None else also)
    rows = connection.execute(
        select(*_COLUMNS)
        .where(Lot.product_id.in_(tracked), wanted)
        .order_by(Lot.id)
        .with_for_update()
    )
    return LotBook(rows, tracked, now)


def close_book(connection: Connection, book: LotBook) -> None:
    """Write what the lots hold now."""
    if book.moved:
        connection.execute(
            update(Lot).where(Lot.id == bindparam("lot")).values(on_hand=bindparam("left")),
            [{"lot": lot_id, "left": left} for lot_id, left in sorted(book.moved.items())],
        )


class ReturnBook:
    """Gives goods back to the lots that they were sold from."""

    def __init__(self, book: LotBook, sold: Mapping[int, list[Any]], older: Mapping[int, int]):
        self.book = book
        self._sold = sold
        self._older = older

    def give_back(self, product_id: int, order_line_id: int, quantity: int) -> tuple[Part, ...]:
        """Exactly the parts of the line's sale; what was sold before lots were kept: undated."""
        if not self.book.keeps(product_id):
            return ()
        sold = self._sold.get(order_line_id)
        if not sold:
            return (self.book.move(self._older[product_id], quantity),)
        return tuple(self.book.move(part.lot_id, -part.delta) for part in sold)


def open_return_book(
    connection: Connection, levels: Mapping[int, Any], lines: Mapping[int, int]
) -> ReturnBook:
    """The book in which ``lines`` (order line: product, of locked levels) come back."""
    kept = {line: product for line, product in lines.items() if levels[product].tracks_lots}
    sold = _sold_parts(connection, kept)
    older = {product for line, product in kept.items() if line not in sold}
    before = {product: open_lot(connection, product, BEFORE, None).id for product in sorted(older)}
    touched = {part.lot_id for parts in sold.values() for part in parts} | set(before.values())
    return ReturnBook(open_book(connection, levels, Lot.id.in_(touched)), sold, before)


def find_spoilt(
    connection: Connection, levels: Mapping[int, Any], lines: Mapping[int, int]
) -> dict[int, int]:
    """How much of what ``lines`` give back is out of date, by product that keeps lots no longer.

    No lot is there for it to join, and without one it would be for sale again.
    """
    without = {line: product for line, product in lines.items() if not levels[product].tracks_lots}
    found: dict[int, int] = defaultdict(int)
    if not without:
        return found
    rows = connection.execute(
        select(StockMovement.product_id, LotMovement.delta)
        .join(LotMovement, LotMovement.movement_id == StockMovement.id)
        .join(Lot, Lot.id == LotMovement.lot_id)
        .where(
            StockMovement.order_line_id.in_(without),
            StockMovement.kind == "sold",
            Lot.sold_until <= max(level.looked_at for level in levels.values()),
        )
    )
    for row in rows:
        found[row.product_id] -= row.delta
    return found


def _sold_parts(connection: Connection, lines: Iterable[int]) -> dict[int, list[Any]]:
    wanted = list(lines)
    found: dict[int, list[Any]] = defaultdict(list)
    if not wanted:
        return found
    rows = connection.execute(
        select(StockMovement.order_line_id, LotMovement.lot_id, LotMovement.delta)
        .join(LotMovement, LotMovement.movement_id == StockMovement.id)
        .where(StockMovement.order_line_id.in_(wanted), StockMovement.kind == "sold")
        .order_by(LotMovement.lot_id)
    )
    for row in rows:
        found[row.order_line_id].append(row)
    return found


def open_lot(
    connection: Connection, product_id: int, code: str, best_before: date | None
) -> LotState:
    """The lot of that code, made where there is none; its level is locked. Raises Invalid."""
    ends = None if best_before is None else _ends(connection, product_id, best_before)
    insert_ignoring(
        connection, Lot, product_id=product_id, code=code, best_before=best_before,
        sold_until=ends, on_hand=0, uid=new_uid(), received_at=clock.now(connection),
    )  # fmt: skip
    found = connection.execute(
        select(*_COLUMNS).where(Lot.product_id == product_id, Lot.code == code)
    ).one()
    if found.best_before != best_before:
        dated = f"{found.best_before:%-d %B %Y}" if found.best_before else "no date"
        raise Invalid.at("/best_before", f"lot {code} has {dated}")
    return LotState(*found)


def _ends(connection: Connection, product_id: int, best_before: date) -> Any:
    """The midnight that ends the day in the store's zone, which no verb changes."""
    from_product = select(Product.store_id).where(Product.id == product_id).scalar_subquery()
    zone = ZoneInfo(
        connection.execute(select(Store.zone).where(Store.id == from_product)).scalar_one()
    )
    today = clock.now(connection).astimezone(zone).date()
    if best_before < today:
        raise Invalid.at("/best_before", "is over: nothing of it could be sold")
    if best_before - today > FARTHEST:
        raise Invalid.at("/best_before", "is too far away")
    return clock.local_midnight(best_before + timedelta(days=1), zone)
