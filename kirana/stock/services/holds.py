"""Holds: so much of a product is kept for a cart, for a while. Levels are locked before rows.

Whoever takes stock lets go of lapsed holds first (``release_first``); a sweep does it for what
nobody takes. ``reserved`` is the sum of a product's rows at the end of every transaction.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    bindparam,
    delete,
    exists,
    not_,
    or_,
    select,
    update,
)

from kirana.catalog.models import Product
from kirana.platform import clock
from kirana.platform.db import verb
from kirana.platform.inserts import insert_rows
from kirana.platform.prepared import Prepared
from kirana.platform.probes import reached
from kirana.platform.tables import Id, UtcDateTime
from kirana.stock.availability import (
    NOW,
    around,
    at,
    available,
    coming_back,
    is_over,
    within_reach,
)
from kirana.stock.errors import OutOfStock, Shortage
from kirana.stock.hold_queries import list_ending
from kirana.stock.models import Reservation, StockLevel
from kirana.stock.services.ledger import lock_levels, raise_if_band_changed

_CART, _PRODUCT = bindparam("for_cart", type_=Id), bindparam("for_product", type_=Id)
_STEPS = bindparam("so_many", type_=Id)
_UNTIL = bindparam("kept_until", type_=UtcDateTime)
_PRODUCTS: Any = bindparam("for_products", expanding=True)
_MINE = Reservation.cart_id == _CART
_KEPT = select(Reservation.product_id, Reservation.quantity).where(_MINE)
_TOO_MUCH = _KEPT.where(Reservation.quantity > _STEPS)
_HELD, _OVER = Prepared(_KEPT), Prepared(_TOO_MUCH)
_OVER_OF_ONE = Prepared(_TOO_MUCH.where(Reservation.product_id == _PRODUCT))
_LOCK = Prepared(
    select(
        StockLevel.product_id,
        coming_back(_CART, NOW).label("ends"),
        available(NOW).label("available"),
    )
    .where(StockLevel.product_id.in_(_PRODUCTS))
    .order_by(StockLevel.product_id)
    .with_for_update(of=StockLevel)
)
_KEEP = Prepared(
    update(StockLevel)
    .where(
        StockLevel.product_id == _PRODUCT,
        available(NOW) >= _STEPS,
        exists().where(Product.id == _PRODUCT, Product.status == "published"),
    )
    .values(reserved=StockLevel.reserved + _STEPS, version=StockLevel.version + 1)
)
_RENEW = Prepared(
    update(Reservation)
    .where(_MINE, Reservation.product_id == _PRODUCT)
    .values(quantity=_STEPS, expires_at=_UNTIL)
)
_EXTEND = Prepared(update(Reservation).where(_MINE, not_(is_over(NOW))).values(expires_at=_UNTIL))
_END = Prepared(
    delete(Reservation)
    .where(Reservation.product_id.in_(_PRODUCTS), or_(is_over(NOW), _MINE))
    .returning(Reservation.product_id, Reservation.quantity)
)
_LOWER = Prepared(
    update(StockLevel)
    .where(StockLevel.product_id == _PRODUCT)
    .values(reserved=StockLevel.reserved - _STEPS, version=StockLevel.version + 1)
)


@verb
def hold_for_cart(
    connection: Connection, cart_id: int, wanted: Mapping[int, int], until: datetime
) -> None:
    """Keep ``wanted`` (steps by product id) for a cart ``until`` then, all of it or nothing.

    What the cart holds already stays and is extended. Locks the levels in ascending product id.
    Raises OutOfStock, which names every product that falls short; then nothing was kept.
    """
    freed = release_first(connection, wanted)
    reached("stock.before_hold")
    now = clock.now(connection)
    held = _held(connection, cart_id)
    more = {key: max(0, wanted[key] - held.get(key, 0)) for key in sorted(wanted)}
    for product_id, quantity in more.items():
        if quantity and not _keep(connection, product_id, quantity):
            raise OutOfStock.of(_shortages(connection, cart_id, wanted))
        _write(connection, cart_id, (product_id, held.get(product_id, 0) + quantity), (now, until))
    deltas = {key: freed.get(key, 0) - quantity for key, quantity in more.items()}
    raise_if_band_changed(connection, lock_levels(connection, more), deltas)


@verb
def extend_hold(connection: Connection, cart_id: int, until: datetime) -> None:
    """Keep what is still held ``until`` then. Locks the levels."""
    lock_levels(connection, _held(connection, cart_id))
    now = around(clock.now(connection))
    _EXTEND.count(connection, {**now, "for_cart": cart_id, "kept_until": until})


@verb
def shrink_hold(
    connection: Connection, cart_id: int, product_id: int | None = None, down_to: int = 0
) -> None:
    """Keep no more than ``down_to`` steps of a product, or of any, for a cart. Locks the levels."""
    find = _OVER if product_id is None else _OVER_OF_ONE
    asked = {"for_cart": cart_id, "so_many": down_to, "for_product": product_id}
    products = [row.product_id for row in find.all(connection, asked)]
    if not products:
        return
    lock_levels(connection, products)
    # Read again: a taker may have been faster.
    freed = {row.product_id: row.quantity - down_to for row in find.all(connection, asked)}
    over = (Reservation.cart_id == cart_id, Reservation.quantity > down_to,
            Reservation.product_id.in_(list(freed)))  # fmt: skip
    if down_to:
        connection.execute(update(Reservation).where(*over).values(quantity=down_to))
    else:
        connection.execute(delete(Reservation).where(*over))
    _lower(connection, freed)
    raise_if_band_changed(connection, lock_levels(connection, freed), freed)


def release_first(
    connection: Connection, product_ids: Iterable[int], cart_id: int | None = None
) -> dict[int, int]:
    """Lock the levels and end the lapsed holds on them, and a cart's own: what came back.

    Where less is in date than is kept, the holds made last give way first. In ascending product
    id. Tells the catalogue nothing; the caller does, of all it changes.
    """
    freed: dict[int, int] = defaultdict(int)
    levels = _lock(connection, product_ids, cart_id)
    if over := [level.product_id for level in levels if level.available < 0]:
        _end(connection, over, None, freed)
        _let_give_way(connection, over, freed)
    if products := [level.product_id for level in levels if level.ends]:
        reached("stock.holds_seen")
        _end(connection, products, cart_id, freed)
    return freed


def _lock(connection: Connection, product_ids: Iterable[int], cart_id: int | None) -> Sequence[Any]:
    """Lock the levels in ascending product id: how much is to end on each, and is available.

    After a wait both are as they were before: whoever was waited for ended holds, or made living
    ones.
    """
    asked = {"for_products": list(product_ids), "for_cart": cart_id}
    return _LOCK.all(connection, {**around(clock.now(connection)), **asked})


def _end(
    connection: Connection, products: Sequence[int], cart_id: int | None, freed: dict[int, int]
) -> None:
    """End the lapsed holds on locked levels, and a cart's; add to ``freed`` what comes back."""
    asked = {"for_products": products, "for_cart": cart_id}
    rows = _END.all(connection, {**around(clock.now(connection)), **asked})
    _give_back(connection, [(row.product_id, row.quantity) for row in rows], freed)


def _let_give_way(connection: Connection, products: Sequence[int], freed: dict[int, int]) -> None:
    """Goods went out of date while they were kept: shrink the newest holds to what is in date."""
    levels = lock_levels(connection, products)
    over = {key: -level.available for key, level in levels.items() if level.available < 0}
    newest_first = (
        select(Reservation.id, Reservation.product_id, Reservation.quantity)
        .where(Reservation.product_id.in_(over))
        .order_by(Reservation.id.desc())
    )
    back = []
    for row in connection.execute(newest_first).all() if over else ():
        less = min(row.quantity, over[row.product_id])
        if not less:
            continue
        over[row.product_id] -= less
        back.append((row.product_id, less))
        it = Reservation.id == row.id
        if less == row.quantity:
            connection.execute(delete(Reservation).where(it))
        else:
            connection.execute(update(Reservation).where(it).values(quantity=row.quantity - less))
    _give_back(connection, back, freed)


def _give_back(
    connection: Connection, back: Sequence[tuple[int, int]], freed: dict[int, int]
) -> None:
    now: dict[int, int] = defaultdict(int)
    for product_id, quantity in back:
        now[product_id] += quantity
        freed[product_id] += quantity
    _lower(connection, now)


def sweep_holds() -> None:
    """End the holds whose time is over, and what exceeds the goods in date.

    Product by product, each in a transaction of its own.
    """
    last = 0
    while products := list_ending(last):
        for last in products:
            release_lapsed([last])


@verb
def release_lapsed(connection: Connection, product_ids: Iterable[int]) -> None:
    """End the lapsed holds of products, and those that exceed what is in date.

    Locks their levels in ascending product id.
    """
    freed = release_first(connection, product_ids)
    raise_if_band_changed(connection, lock_levels(connection, freed), freed)


def _lower(connection: Connection, freed: Mapping[int, int]) -> None:
    if not freed:
        return
    less = [{"for_product": key, "so_many": steps} for key, steps in freed.items()]
    _LOWER.each(connection, less)


def _keep(connection: Connection, product_id: int, quantity: int) -> bool:
    """The guarded write: keeps ``quantity`` of a published product if so much is available."""
    asked = {"for_product": product_id, "so_many": quantity}
    return _KEEP.count(connection, {**at(clock.now(connection)), **asked}) == 1


def _write(
    connection: Connection, cart_id: int, kept: tuple[int, int], life: tuple[datetime, datetime]
) -> None:
    """The cart's one row for a product: made, or brought up to date under its level's lock."""
    product_id, quantity = kept
    mine = {"for_cart": cart_id, "for_product": product_id}
    if not _RENEW.count(connection, {**mine, "so_many": quantity, "kept_until": life[1]}):
        row = {"cart_id": cart_id, "product_id": product_id, "quantity": quantity}
        made = {**row, "created_at": life[0], "expires_at": life[1]}
        insert_rows(connection, Reservation, [made])


def _held(connection: Connection, cart_id: int) -> dict[int, int]:
    rows = _HELD.all(connection, {"for_cart": cart_id})
    return {row.product_id: row.quantity for row in rows}


def _shortages(connection: Connection, cart_id: int, wanted: Mapping[int, int]) -> list[Shortage]:
    """What falls short; what this transaction has kept so far counts as free: it will be undone."""
    free = within_reach(cart_id, clock.now(connection)).label("free")
    rows = connection.execute(
        select(Product.id, Product.slug, Product.title, Product.status, free)
        .outerjoin(StockLevel, StockLevel.product_id == Product.id)
        .where(Product.id.in_(wanted))
        .order_by(Product.id)
    )
    there = [(row, max(0, row.free or 0) if row.status == "published" else 0) for row in rows]
    return [
        Shortage(row.slug, row.title, wanted[row.id], free)
        for row, free in there
        if free < wanted[row.id]
    ]
