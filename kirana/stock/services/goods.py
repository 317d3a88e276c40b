"""Goods come in, are counted again, or are thrown away: the verbs of a store's managers."""

from datetime import date
from typing import Any

import msgspec
from sqlalchemy import Connection, update

from kirana.catalog.services.versions import raise_version
from kirana.platform import audit
from kirana.platform.access import Actor
from kirana.platform.db import verb
from kirana.platform.errors import Invalid
from kirana.stock.errors import VersionMissing
from kirana.stock.lots import BEFORE, LONGEST_CODE
from kirana.stock.models import WASTE_CODES, StockLevel
from kirana.stock.services.lots import open_lot
from kirana.stock.services.movements import MOST_ON_HAND, Change, change_level, lock_level
from kirana.stock.store_queries import get_stock
from kirana.stock.views import StockView

COUNTED = "Counted"


class Delivery(msgspec.Struct, frozen=True):
    """What the pack says, of a product whose lots are kept. Without a code: called by its date."""

    code: str = ""
    best_before: date | None = None


class Waste(msgspec.Struct, frozen=True):
    """Why goods are thrown away (one of ``WASTE_CODES``), and of which lot; the oldest if none."""

    code: str
    reason: str = ""
    lot: str | None = None


@verb
def receive_goods(
    connection: Connection,
    actor: Actor,
    slug: str,
    quantity: int,
    reason: str = "",
    delivery: Delivery | None = None,
) -> StockView:
    """Add ``quantity`` (steps, above 0) that has come in, as a lot where lots are kept.

    Raises NotFound, Invalid.
    """
    _check_positive(quantity)
    level = lock_level(connection, actor, slug)
    code = _delivered(connection, level, delivery)
    joins = ((code, quantity),) if code else ()
    change = Change("received", quantity, reason, joins=joins)
    return change_level(connection, actor, level, change)


@verb
def waste_goods(
    connection: Connection, actor: Actor, slug: str, quantity: int, why: Waste
) -> StockView:
    """Take out what was spoilt or broken. Raises NotFound, Invalid, OutOfStock."""
    _check_positive(quantity)
    if why.code not in WASTE_CODES:
        raise Invalid.at("/code", f"must be one of {', '.join(WASTE_CODES)}", "required")
    change = Change("wasted", -quantity, why.reason, why.lot, reason_code=why.code)
    return change_level(connection, actor, lock_level(connection, actor, slug), change)


@verb
def adjust_stock(
    connection: Connection, actor: Actor, slug: str, delta: int, reason: str, lot: str | None = None
) -> StockView:
    """Mend the level by ``delta`` steps, up or down, for a ``reason``.

    Of ``lot``, or of what goes out first.

    Raises NotFound, Invalid, OutOfStock.
    """
    if delta == 0:
        raise Invalid.at("/delta", "must not be 0")
    level = lock_level(connection, actor, slug)
    return change_level(connection, actor, level, Change("adjusted", delta, reason, lot))


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
    level = lock_level(connection, actor, slug, version)
    if on_hand < 0:
        raise Invalid.at("/on_hand", "must not be negative")
    if on_hand == level.on_hand:
        return get_stock(actor, slug)
    change = Change("adjusted", on_hand - level.on_hand, reason.strip() or COUNTED)
    return change_level(connection, actor, level, change)


@verb
def set_low_at(connection: Connection, actor: Actor, slug: str, low_at: int) -> StockView:
    """Show "few left" from ``low_at`` steps down. Raises NotFound, Invalid."""
    if not 0 <= low_at <= MOST_ON_HAND:
        raise Invalid.at("/low_at", "must be from 0 to 10^12")
    level = lock_level(connection, actor, slug)
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


def _delivered(connection: Connection, level: Any, delivery: Delivery | None) -> str:
    """The code of the lot that a delivery joins, made if it is new; empty where none are kept."""
    given = delivery or Delivery()
    name = given.code.strip() or (given.best_before.isoformat() if given.best_before else "")
    if not level.tracks_lots:
        if name:
            raise Invalid.at("/lot", "no lots are kept of this product")
        return ""
    if not name or len(name) > LONGEST_CODE:
        raise Invalid.at("/lot", f"give its code (up to {LONGEST_CODE} characters) or its date")
    if given.best_before and name == BEFORE:
        raise Invalid.at("/lot", "is what was there before lots were kept, without a date")
    return open_lot(connection, level.product_id, name, given.best_before).code


def _check_positive(quantity: int) -> None:
    if quantity < 1:
        raise Invalid.at("/quantity", "must be at least 1")
