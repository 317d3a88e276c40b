"""Stock leaves with an order and comes back with its cancellation."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, exists, select, update

from kirana.catalog.models import Product
from kirana.platform import clock
from kirana.platform.access import SYSTEM, Actor
from kirana.platform.db import verb
from kirana.platform.prepared import Prepared
from kirana.platform.probes import reached
from kirana.stock.availability import NOW, at, available
from kirana.stock.errors import OutOfStock, Shortage
from kirana.stock.lots import Part
from kirana.stock.models import StockLevel, StockMovement
from kirana.stock.services.holds import release_first
from kirana.stock.services.ledger import Entry, lock_levels, raise_if_band_changed, write_entries
from kirana.stock.services.lots import close_book, find_spoilt, open_book, open_return_book

SPOILT = "Out of date when it came back"
_SUBTRACT = Prepared(
    update(StockLevel)
    .where(
        StockLevel.product_id == bindparam("of_product"),
        available(NOW) >= bindparam("wanted"),
        exists().where(Product.id == StockLevel.product_id, Product.status == "published"),
    )
    .values(on_hand=StockLevel.on_hand - bindparam("wanted"), version=StockLevel.version + 1)
)


class LineDemand(msgspec.Struct, frozen=True):
    """What one order line takes or gives back, in steps of the product's unit.

    ``order`` is the order's number, for who reads the ledger. ``cart_id`` is the cart it comes from
    where holds are to be ended first, its own and lapsed ones; None where the cart's lines, read
    under its lock, had none.
    """

    product_id: int
    order_line_id: int
    quantity: int
    order: str
    cart_id: int | None = None


@verb
def take_for_lines(connection: Connection, actor: Actor, lines: Sequence[LineDemand]) -> None:
    """Take the stock of all ``lines`` or none of it; locks levels in ascending product id,
    then their lots. Of lots, first expired first out, and never what is out of date.

    Call it once for a whole basket, inside the transaction that writes the lines.
    Raises OutOfStock, which names every product that falls short.
    """
    reached("stock.before_take")
    demand = _by_product(lines)
    freed = _end_holds(connection, demand, lines)
    taken: dict[int, int] = {}
    for product_id, quantity in demand.items():
        if not _take(connection, product_id, quantity):
            raise OutOfStock.of(
                _shortages(connection, demand, taken) or [_gone(connection, product_id, quantity)]
            )
        taken[product_id] = quantity
        reached("stock.taken_one")
    after = lock_levels(connection, demand)
    book = open_book(connection, after)
    tracked = [key for key in demand if after[key].tracks_lots]
    if any(book.free(key, after[key].reserved) < demand[key] for key in tracked):
        # The guarded write waited for the level: neither its lots nor the day are what it saw.
        raise OutOfStock.of(_shortages(connection, demand, taken, after))
    entries = []
    left = {product_id: after[product_id].on_hand + demand[product_id] for product_id in demand}
    for line in lines:
        left[line.product_id] -= line.quantity
        parts = book.sell(line.product_id, line.quantity)
        entries.append(_entry(line, "sold", left[line.product_id], parts))
    close_book(connection, book)
    write_entries(connection, actor, entries, after)
    changes = {key: freed.get(key, 0) - taken for key, taken in demand.items()}
    raise_if_band_changed(connection, after, changes)


@verb
def give_back_for_lines(connection: Connection, actor: Actor, lines: Sequence[LineDemand]) -> None:
    """Put the stock of ``lines`` back, once for each line however often it is called.

    It joins the lots that it was sold from; where lots are kept no longer, what is out of date is
    thrown away. Locks levels in ascending product id, then lots.
    """
    levels = lock_levels(connection, _by_product(lines))
    known = select(StockMovement.order_line_id).where(
        StockMovement.order_line_id.in_([line.order_line_id for line in lines]),
        StockMovement.kind == "returned",
    )
    done = set(connection.execute(known).scalars())
    owed = [line for line in lines if line.order_line_id not in done]
    back = _by_product(owed)
    for product_id, quantity in back.items():
        _add(connection, product_id, quantity)
    lots = open_return_book(
        connection, levels, {line.order_line_id: line.product_id for line in owed}
    )
    entries = []
    balance = {product_id: levels[product_id].on_hand for product_id in back}
    for line in owed:
        balance[line.product_id] += line.quantity
        parts = lots.give_back(line.product_id, line.order_line_id, line.quantity)
        entries.append(_entry(line, "returned", balance[line.product_id], parts))
    close_book(connection, lots.book)
    # Looked at with the locks held, for what is due the moment.
    after = lock_levels(connection, back)
    write_entries(connection, actor, entries, after)
    if spoilt := _throw_away(connection, after, owed):
        back = {product_id: n - spoilt.get(product_id, 0) for product_id, n in back.items()}
        after = lock_levels(connection, back)
    raise_if_band_changed(connection, after, back)


def _throw_away(
    connection: Connection, levels: Mapping[int, Any], lines: Sequence[LineDemand]
) -> dict[int, int]:
    """Write off what came back out of date to a product that keeps no lots; by product."""
    spoilt = find_spoilt(
        connection, levels, {line.order_line_id: line.product_id for line in lines}
    )
    entries = []
    for product_id, quantity in spoilt.items():
        _add(connection, product_id, -quantity)
        left = levels[product_id].on_hand - quantity
        entries.append(Entry(product_id, "wasted", -quantity, left, SPOILT, reason_code="expired"))
    write_entries(connection, SYSTEM, entries, levels)
    return spoilt


def _take(connection: Connection, product_id: int, quantity: int) -> bool:
    """The guarded write; refused, once more with the lock held.

    PostgreSQL, having waited for a level, looks at it again but not at its lots.
    """
    if _subtract(connection, product_id, quantity):
        return True
    lock_levels(connection, [product_id])
    return _subtract(connection, product_id, quantity)


def _end_holds(
    connection: Connection, demand: dict[int, int], lines: Sequence[LineDemand]
) -> dict[int, int]:
    """What comes back of ``reserved``, by product; asks nothing where there is no hold to end."""
    cart_id = lines[0].cart_id if lines else None
    return release_first(connection, demand, cart_id) if cart_id is not None else {}


def _subtract(connection: Connection, product_id: int, quantity: int) -> bool:
    """The guarded write: takes ``quantity`` of a published product if so much is free."""
    wanted = {"of_product": product_id, "wanted": quantity, **at(clock.now(connection))}
    return _SUBTRACT.count(connection, wanted) == 1


def _add(connection: Connection, product_id: int, quantity: int) -> None:
    connection.execute(
        update(StockLevel)
        .where(StockLevel.product_id == product_id)
        .values(on_hand=StockLevel.on_hand + quantity, version=StockLevel.version + 1)
    )


def _by_product(lines: Sequence[LineDemand]) -> dict[int, int]:
    """Summed per product, in ascending order of their ids."""
    demand: dict[int, int] = defaultdict(int)
    for line in lines:
        if line.quantity <= 0:
            raise ValueError(f"a line moves {line.quantity} steps")
        demand[line.product_id] += line.quantity
    return dict(sorted(demand.items()))


def _shortages(
    connection: Connection,
    demand: dict[int, int],
    taken: dict[int, int],
    levels: Mapping[int, Any] = {},
) -> list[Shortage]:
    """What falls short; ``taken`` was subtracted by this transaction, which will be undone."""
    looked_at = max((level.looked_at for level in levels.values()), default=clock.now(connection))
    rows = connection.execute(
        select(
            Product.id, Product.slug, Product.title, Product.status,
            available(looked_at).label("available"),
        )
        .outerjoin(StockLevel, StockLevel.product_id == Product.id)
        .where(Product.id.in_(demand))
        .order_by(Product.id)
    )  # fmt: skip
    found = []
    for row in rows:
        is_there = row.status == "published" and row.available is not None
        free = row.available + taken.get(row.id, 0) if is_there else 0
        found.append(Shortage(row.slug, row.title, demand[row.id], max(0, free)))
    return [item for item in found if item.available < item.wanted]


def _gone(connection: Connection, product_id: int, wanted: int) -> Shortage:
    """What was off the shelves when it was asked for, and is back by now."""
    find = select(Product.slug, Product.title).where(Product.id == product_id)
    row = connection.execute(find).one()
    return Shortage(row.slug, row.title, wanted, 0)


def _entry(line: LineDemand, kind: str, balance: int, parts: tuple[Part, ...]) -> Entry:
    delta = -line.quantity if kind == "sold" else line.quantity
    cause = line.order_line_id
    return Entry(
        line.product_id, kind, delta, balance, line.order, order_line_id=cause, parts=parts
    )
