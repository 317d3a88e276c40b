"""What every change of a level does: lock it, write its ledger, tell the public catalogue."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, bindparam, func, select

from kirana.catalog.models import Product
from kirana.catalog.services.versions import raise_version
from kirana.platform import clock
from kirana.platform.access import Actor
from kirana.platform.inserts import insert_ignoring, insert_rows
from kirana.platform.prepared import Prepared
from kirana.platform.tables import UtcDateTime
from kirana.stock.availability import NOW, at, available
from kirana.stock.bands import band_of, usual_low_at
from kirana.stock.lots import Part
from kirana.stock.models import LotMovement, StockLevel, StockMovement

_LAST_AT = (
    select(StockMovement.at)
    .where(StockMovement.product_id == StockLevel.product_id)
    .order_by(StockMovement.id.desc())
    .limit(1)
    .correlate(StockLevel)
    .scalar_subquery()
)


def _levels(looked_at: ColumnElement[datetime]) -> Prepared:
    return Prepared(
        select(
            StockLevel.product_id, StockLevel.on_hand, StockLevel.reserved, StockLevel.low_at,
            StockLevel.version, StockLevel.tracks_lots, available(NOW).label("available"),
            Product.minimum, Product.status, Product.slug, Product.title, Product.unit,
            looked_at.label("looked_at"), _LAST_AT.label("last_at"),
        )
        .join(Product, Product.id == StockLevel.product_id)
        .where(StockLevel.product_id.in_(bindparam("products", expanding=True)))
        .order_by(StockLevel.product_id)
        .with_for_update(of=StockLevel)
    )  # fmt: skip


# By whether the database says the moment.
_LEVELS = {True: _levels(func.clock_timestamp(type_=UtcDateTime)), False: _levels(NOW)}


class Entry(msgspec.Struct, frozen=True):
    """One row of the ledger before it is written; ``balance`` is what is there afterwards.

    ``parts`` are its lots', where they are kept.
    """

    product_id: int
    kind: str
    delta: int
    balance: int
    reason: str = ""
    order_line_id: int | None = None
    reason_code: str | None = None
    transfer_uid: str | None = None
    parts: tuple[Part, ...] = ()


def open_level(connection: Connection, *, product_id: int, unit: str, minimum: int) -> None:
    """Give a new product its level, nothing on hand. Subscribed to ``product_created``."""
    insert_ignoring(
        connection, StockLevel, product_id=product_id, on_hand=0, reserved=0,
        low_at=usual_low_at(unit, minimum), version=1,
    )  # fmt: skip


def lock_levels(connection: Connection, product_ids: Iterable[int]) -> dict[int, Any]:
    """The levels by product id, locked in ascending order, with what decides their band.

    Only where the levels were locked before are ``available`` and the moments exact: a wait for a
    lock looks at the level again, not at its lots, its ledger and the clock.
    """
    wanted = {"products": list(product_ids), **at(clock.now(connection))}
    rows = _LEVELS[clock.is_asked_for(connection)].all(connection, wanted)
    return {row.product_id: row for row in rows}


def write_entries(
    connection: Connection, actor: Actor, entries: Sequence[Entry], levels: Mapping[int, Any]
) -> None:
    """Write the movements, and the parts that their lots have in them.

    ``levels`` were locked before they were looked at, so that each movement is later than those
    before it, however long this transaction waited.
    """
    if not entries:
        return
    rows = [
        {
            "product_id": entry.product_id,
            "kind": entry.kind,
            "delta": entry.delta,
            "balance_after": entry.balance,
            "order_line_id": entry.order_line_id,
            "transfer_uid": entry.transfer_uid,
            "reason_code": entry.reason_code,
            "reason": entry.reason,
            "actor_id": actor.account_id,
            "at": _booked_at(levels[entry.product_id]),
        }
        for entry in entries
    ]
    insert_rows(connection, StockMovement, rows)
    if any(entry.parts for entry in entries):
        _write_parts(connection, entries)


def _booked_at(level: Any) -> datetime:
    """The moment at which the level was looked at; its last movement's where a clock went back."""
    found: datetime = max(level.looked_at, level.last_at or level.looked_at)
    return found


def _write_parts(connection: Connection, entries: Sequence[Entry]) -> None:
    """The levels are locked: their latest movements are those just written, in their order.

    RETURNING would be a statement for each row on SQLite.
    """
    latest = (
        select(StockMovement.id)
        .where(StockMovement.product_id.in_({entry.product_id for entry in entries}))
        .order_by(StockMovement.id.desc())
        .limit(len(entries))
    )
    ids = reversed(connection.execute(latest).scalars().all())
    parts = [
        {
            "movement_id": movement_id,
            "lot_id": part.lot_id,
            "delta": part.delta,
            "balance_after": part.balance,
        }
        for movement_id, entry in zip(ids, entries, strict=True)
        for part in entry.parts
    ]
    insert_rows(connection, LotMovement, parts)


def raise_if_band_changed(
    connection: Connection, after: Mapping[int, Any], deltas: Mapping[int, int]
) -> None:
    """Raise the catalogue's version once if published products changed their band.

    Comes last: the version row is then the last lock of the transaction.
    """
    changed = []
    for product_id, delta in deltas.items():
        level = after[product_id]
        # Of lots out of date nothing was free before either: then it is raised once too often.
        free = level.available
        before, now = (band_of(n, level.minimum, level.low_at) for n in (free - delta, free))
        if level.status == "published" and (before != now or now == "few"):
            changed.append(("product", product_id))
    if changed:
        raise_version(connection, *changed)
