"""Goods come in, are counted again, or are thrown away: the verbs of a store's managers."""

from typing import Any

from sqlalchemy import Connection, update

from kirana.accounts.permissions import Permission
from kirana.catalog.services.products import lock_product
from kirana.catalog.services.versions import raise_version
from kirana.platform import audit
from kirana.platform.access import Actor
from kirana.platform.db import verb
from kirana.platform.errors import Invalid, Stale
from kirana.platform.probes import reached
from kirana.stock.errors import OutOfStock, Shortage, VersionMissing
from kirana.stock.models import StockLevel
from kirana.stock.services.holds import release_lapsed
from kirana.stock.services.ledger import (
    Entry,
    lock_levels,
    open_level,
    raise_if_band_changed,
    write_entries,
)
from kirana.stock.store_queries import get_stock
from kirana.stock.views import StockView

MOST_ON_HAND = 10**12


@verb
def receive_goods(
    connection: Connection, actor: Actor, slug: str, quantity: int, reason: str = ""
) -> StockView:
    """Add ``quantity`` (steps, above 0) that has come in. Raises NotFound, Invalid."""
    _check_positive(quantity)
    return _change(connection, actor, slug, ("received", quantity), reason)


@verb
def waste_goods(
    connection: Connection, actor: Actor, slug: str, quantity: int, reason: str
) -> StockView:
    """Take out what was spoilt or broken. Raises NotFound, Invalid, OutOfStock."""
    _check_positive(quantity)
    return _change(connection, actor, slug, ("wasted", -quantity), reason)


@verb
def adjust_stock(
    connection: Connection, actor: Actor, slug: str, delta: int, reason: str
) -> StockView:
    """Mend the level by ``delta`` steps, up or down. Raises NotFound, Invalid, OutOfStock."""
    if delta == 0:
        raise Invalid.at("/delta", "must not be 0")
    return _change(connection, actor, slug, ("adjusted", delta), reason)


@verb
def count_stock(
    connection: Connection,
    actor: Actor,
    slug: str,
    on_hand: int,
    version: int | None,
    reason: str = "",
) -> StockView:
    """Set the level to what was counted, by whoever saw its latest ``version``.

    Raises NotFound, VersionMissing, Stale, Invalid, OutOfStock (less than what is reserved).
    """
    if version is None:
        raise VersionMissing
    level = _lock(connection, actor, slug)
    if level.version != version:
        raise Stale
    if on_hand < 0:
        raise Invalid.at("/on_hand", "must not be negative")
    if on_hand == level.on_hand:
        return get_stock(actor, slug)
    return _write(connection, actor, level, ("adjusted", on_hand - level.on_hand), reason)


@verb
def set_low_at(connection: Connection, actor: Actor, slug: str, low_at: int) -> StockView:
    """Show "few left" from ``low_at`` steps down. Raises NotFound, Invalid."""
    if not 0 <= low_at <= MOST_ON_HAND:
        raise Invalid.at("/low_at", "must be from 0 to 10^12")
    level = _lock(connection, actor, slug)
    connection.execute(
        update(StockLevel)
        .where(StockLevel.product_id == level.product_id)
        .values(low_at=low_at, version=StockLevel.version + 1)
    )
    audit.record(
        connection, actor, "stock_threshold_set", ("product", slug),
        before={"low_at": level.low_at}, after={"low_at": low_at},
    )  # fmt: skip
    raise_version(connection)
    return get_stock(actor, slug)


def _change(
    connection: Connection, actor: Actor, slug: str, change: tuple[str, int], reason: str
) -> StockView:
    return _write(connection, actor, _lock(connection, actor, slug), change, reason)


def _lock(connection: Connection, actor: Actor, slug: str) -> Any:
    """The level of a product of the actor's stores, locked; made where there is none yet."""
    actor.require(Permission.WRITE_STORE_STOCK)
    product = lock_product(connection, actor, slug, Permission.WRITE_STORE_STOCK)
    open_level(
        connection, product_id=product["id"], unit=product["unit"], minimum=product["minimum"]
    )
    release_lapsed([product["id"]])
    level = lock_levels(connection, [product["id"]])[product["id"]]
    reached("stock.locked")
    return level


def _write(
    connection: Connection, actor: Actor, level: Any, change: tuple[str, int], reason: str
) -> StockView:
    kind, delta = change
    on_hand = level.on_hand + delta
    if on_hand < level.reserved:
        free = level.on_hand - level.reserved
        raise OutOfStock.of([Shortage(level.slug, level.title, -delta, free)])
    if on_hand > MOST_ON_HAND:
        raise Invalid.at("/quantity", "is more than a shop can hold")
    connection.execute(
        update(StockLevel)
        .where(StockLevel.product_id == level.product_id)
        .values(on_hand=on_hand, version=StockLevel.version + 1)
    )
    write_entries(connection, actor, [Entry(level.product_id, kind, delta, on_hand, reason[:200])])
    after = lock_levels(connection, [level.product_id])
    raise_if_band_changed(connection, after, {level.product_id: delta})
    return get_stock(actor, level.slug)


def _check_positive(quantity: int) -> None:
    if quantity < 1:
        raise Invalid.at("/quantity", "must be at least 1")
