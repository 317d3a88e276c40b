"""One movement of one level and of its lots: what every verb about goods is made of."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, update

from kirana.accounts.permissions import Permission
from kirana.catalog.services.records import lock_product
from kirana.platform.access import Actor
from kirana.platform.errors import Invalid, Stale
from kirana.platform.probes import reached
from kirana.stock.errors import OutOfStock, Shortage
from kirana.stock.lots import LotBook, LotState, Part
from kirana.stock.models import LONGEST_REASON, Lot, StockLevel
from kirana.stock.services.holds import release_lapsed
from kirana.stock.services.ledger import (
    Entry,
    lock_levels,
    open_level,
    raise_if_band_changed,
    write_entries,
)
from kirana.stock.services.lots import close_book, open_book
from kirana.stock.store_queries import get_stock
from kirana.stock.views import StockView

MOST_ON_HAND = 10**12


class Change(msgspec.Struct, frozen=True):
    """A movement of one level: of ``lot``; or what ``joins`` which lots, that exist, by code."""

    kind: str
    delta: int
    reason: str = ""
    lot: str | None = None
    joins: tuple[tuple[str, int], ...] = ()
    reason_code: str | None = None
    transfer_uid: str | None = None


def lock_level(connection: Connection, actor: Actor, slug: str, seen: int | None = None) -> Any:
    """The level of a product of the actor's stores, locked; made where there is none yet.

    Raises Forbidden, NotFound, Stale (it was not at the version ``seen``, where that is given).
    """
    ids = _lock_products(connection, actor, [slug])
    # Before lapsed holds are ended, which raises the version that was seen.
    if seen is not None and lock_levels(connection, ids.values())[ids[slug]].version != seen:
        raise Stale
    return _without_lapsed(connection, ids)[slug]


def lock_own_levels(connection: Connection, actor: Actor, *slugs: str) -> list[Any]:
    """The levels of products of the actor's stores: all products locked, then levels by id.

    Raises Forbidden, NotFound (one of them is not the actor's).
    """
    levels = _without_lapsed(connection, _lock_products(connection, actor, slugs))
    return [levels[slug] for slug in slugs]


def _lock_products(connection: Connection, actor: Actor, slugs: Iterable[str]) -> dict[str, int]:
    """The ids of the actor's products by slug, locked; each has a level from here on."""
    actor.require(Permission.WRITE_STORE_STOCK)
    ids = {}
    for slug in sorted(set(slugs)):
        product = lock_product(connection, actor, slug, Permission.WRITE_STORE_STOCK)
        ids[slug] = product["id"]
        open_level(
            connection, product_id=product["id"], unit=product["unit"], minimum=product["minimum"]
        )
    return ids


def _without_lapsed(connection: Connection, ids: Mapping[str, int]) -> dict[str, Any]:
    """The levels by slug, locked in ascending product id, without the holds that have lapsed."""
    release_lapsed(ids.values())
    levels = lock_levels(connection, ids.values())
    reached("stock.locked")
    return {slug: levels[product_id] for slug, product_id in ids.items()}


def move(connection: Connection, actor: Actor, level: Any, change: Change) -> tuple[Part, ...]:
    """Write one movement of a locked level, and of its lots; the parts that they had in it.

    Raises Invalid, OutOfStock (more than is there, or than is free).
    """
    _require_reason(change)
    on_hand = level.on_hand + change.delta
    if on_hand < level.reserved:
        raise _short(level, change, level.on_hand - level.reserved)
    if on_hand > MOST_ON_HAND:
        raise Invalid.at("/quantity", "is more than a shop can hold")
    named = Lot.code.in_([change.lot, *(code for code, _quantity in change.joins)])
    book = open_book(connection, {level.product_id: level}, named)
    parts = _parts(book, level, change)
    connection.execute(
        update(StockLevel)
        .where(StockLevel.product_id == level.product_id)
        .values(on_hand=on_hand, version=StockLevel.version + 1)
    )
    close_book(connection, book)
    entry = Entry(
        level.product_id, change.kind, change.delta, on_hand, change.reason,
        reason_code=change.reason_code, transfer_uid=change.transfer_uid, parts=parts,
    )  # fmt: skip
    write_entries(connection, actor, [entry], {level.product_id: level})
    return parts


def change_level(connection: Connection, actor: Actor, level: Any, change: Change) -> StockView:
    move(connection, actor, level, change)
    after = lock_levels(connection, [level.product_id])
    raise_if_band_changed(connection, after, {level.product_id: change.delta})
    return get_stock(actor, level.slug)


def _require_reason(change: Change) -> None:
    """What is kept for good is kept as it was given; a correction is explained. Raises Invalid."""
    if len(change.reason) > LONGEST_REASON:
        raise Invalid.at("/reason", f"must have at most {LONGEST_REASON} characters")
    if change.kind == "adjusted" and not change.reason.strip():
        raise Invalid.at("/reason", "must be given", "required")


def _parts(book: LotBook, level: Any, change: Change) -> tuple[Part, ...]:
    """What each lot has in ``change``; moved in ``book``."""
    if not book.keeps(level.product_id):
        if change.lot is not None:
            raise Invalid.at("/lot", "no lots are kept of this product")
        return ()
    if change.joins:
        found = ((book.find(level.product_id, code), n) for code, n in change.joins)
        return tuple(book.move(lot.id, n) for lot, n in found if lot)
    lots = _candidates(book, level.product_id, change)
    if change.delta > 0:
        return (book.move(lots[0].id, change.delta),)
    held = sum(lot.on_hand for lot in lots)
    if held < -change.delta:
        raise _short(level, change, held)
    parts = book.take(lots, -change.delta)
    free = book.overdrawn(parts, level.product_id, level.reserved)
    if free is not None:
        raise _short(level, change, free)
    return parts


def _candidates(book: LotBook, product_id: int, change: Change) -> list[LotState]:
    """The named lot; else in the order in which they go out, and for waste the expired first."""
    if change.lot is not None:
        found = book.find(product_id, change.lot)
        if found is None:
            raise Invalid.at("/lot", "there is no such lot, or nothing is left in it")
        if change.kind == "transferred" and book.is_over(found):
            raise Invalid.at("/lot", "is out of date")
        return [found]
    good = book.in_date(product_id)
    if change.kind == "transferred":
        return good
    if change.delta > 0 and not good:
        raise Invalid.at("/lot", "say which lot")
    every = book.first_out(product_id)
    return every if change.kind == "wasted" else [*good, *filter(book.is_over, every)]


def _short(level: Any, change: Change, free: int) -> OutOfStock:
    return OutOfStock.of([Shortage(level.slug, level.title, -change.delta, free)])
