"""Makes a filled shop as large as wanted: its rows copied inside the database, many at a time.

    python -m bench.multiply --products 100000 --orders 10000 --database-url sqlite:////tmp/l.sqlite3

First ``bench.fill`` writes a shop with its history (10,000 orders at most), then whole generations
of products, and of customers with their orders and ledgers, are copied by INSERT … SELECT with
their keys moved up. ``kirana check`` finds nothing wrong with the result.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Table,
    bindparam,
    case,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.orm import aliased

from bench.fill import ORDERS_OF_A_CUSTOMER, fill
from kirana.accounts.models import Account, AccountEvent, Address
from kirana.accounts.queries import DEMO_DOMAIN
from kirana.cart.models import Cart, CartLine
from kirana.catalog.models import Picture, Price, Product, ProductEvent
from kirana.catalog.services.versions import raise_version
from kirana.orders.models import Order, OrderEvent, OrderGroup, OrderLine
from kirana.payments.models import Payment, PaymentEvent
from kirana.platform import db
from kirana.platform.audit import AuditEvent
from kirana.platform.columns import ALPHABET
from kirana.platform.config import Settings
from kirana.platform.db import verb
from kirana.platform.outbox import Outbox
from kirana.platform.tables import Base, Model
from kirana.stock.models import Lot, LotMovement, StockLevel, StockMovement

MOST_WRITTEN_ORDERS = 10_000
FEWEST_CUSTOMERS = 400
# Generations that one transaction writes, so that no journal grows to the size of the whole.
AT_ONCE = 20
TAG, SHORT_TAG = 6, 3
# No number that the shop gives holds this letter, so that no copy has the number of an original.
MARK = "U"
_CONSONANTS, _VOWELS = "bdfghjklmnprstvwyzxc", "aeiou"

Fresh = Callable[["Generation", Column[Any]], ColumnElement[Any]]


@dataclass(frozen=True)
class Size:
    """How much a shop holds."""

    products: int
    orders: int


@dataclass(frozen=True)
class Generation:
    """One copy: its number, and how many rows of each table there were before the first copy."""

    number: int
    spans: Mapping[str, int]
    shifted: frozenset[str]
    first_customer: int = 0

    def moved(self, table: str, key: ColumnElement[Any]) -> Any:
        """The key of the copy of the row with ``key``; the staff is not copied."""
        up = key + self.number * self.spans[table]
        return case((key >= self.first_customer, up), else_=key) if table == "account" else up


@dataclass(frozen=True)
class Copied:
    """A table whose rows are copied: values made afresh, and which rows are meant."""

    table: type[Base]
    fresh: Mapping[str, Fresh] = field(default_factory=dict)
    only: Callable[[], ColumnElement[bool]] | None = None


def word(number: int) -> str:
    """A made-up word of three syllables, another for each number below a million."""
    syllables = []
    for _ in range(3):
        number, rest = divmod(number, 100)
        syllables.append(_CONSONANTS[rest // 5] + _VOWELS[rest % 5])
    return "".join(syllables)


def _ending(length: int) -> Fresh:
    """The same text with another end."""

    def make(copy: Generation, column: Column[Any]) -> ColumnElement[Any]:
        digits, rest = "", copy.number
        for _ in range(length - 1):
            rest, digit = divmod(rest, len(ALPHABET))
            digits = ALPHABET[digit] + digits
        return func.substr(column, 1, func.length(column) - length) + literal(MARK + digits)

    return make


def _with_word(before: str) -> Fresh:
    return lambda copy, column: column + literal(before + word(copy.number))


def _family(copy: Generation, column: Column[Any]) -> ColumnElement[Any]:
    """A family of its own."""
    return case((column == "", ""), else_=column + literal("-" + word(copy.number)))


def _payload(copy: Generation, column: Column[Any]) -> ColumnElement[Any]:
    key = copy.moved("order", Outbox.payload["order_id"].as_integer())
    is_sqlite = db.engine().dialect.name == "sqlite"
    return (func.json_object if is_sqlite else func.jsonb_build_object)("order_id", key)


def _balance(copy: Generation, column: Column[Any]) -> ColumnElement[Any]:
    """Each generation's ledger begins where the one before ended."""
    ends = select(StockLevel.on_hand).where(StockLevel.product_id == StockMovement.product_id)
    return column + copy.number * ends.scalar_subquery()


def _last_moment(copy: Generation, column: Column[Any]) -> ColumnElement[Any]:
    """No earlier than what each generation's ledger follows."""
    known = aliased(StockMovement)
    ends = select(func.max(known.at)).where(known.id <= copy.spans[column.table.name])
    return ends.scalar_subquery()


PRODUCTS = (
    Copied(Product, {
        "slug": _with_word("-"), "sku": _with_word("-"), "title": _with_word(" "),
        "sort_key": _with_word(" "), "search_text": _with_word(" "), "family": _family,
    }),
    Copied(ProductEvent), Copied(Price), Copied(Picture, {"file": _ending(TAG)}),
)  # fmt: skip
ORDERS = (
    Copied(Account, {
        "email": lambda copy, column: func.replace(column, "@", f".copy{copy.number}@"),
    }, lambda: Account.role == "customer"),
    Copied(AccountEvent, only=lambda: _of_a_customer(AccountEvent.account_id)),
    Copied(Address), Copied(Cart), Copied(CartLine), Copied(OrderGroup),
    Copied(Order, {"number": _ending(SHORT_TAG)}), Copied(OrderLine), Copied(OrderEvent),
    Copied(Payment), Copied(PaymentEvent, {"event_key": _ending(TAG)}),
    Copied(Lot, {"code": _with_word("-")}),
    Copied(StockMovement, {"balance_after": _balance, "at": _last_moment}), Copied(LotMovement),
    Copied(AuditEvent, {"object_key": _ending(SHORT_TAG)},
           lambda: AuditEvent.object_kind == "order"),
    Copied(Outbox, {"dedupe_key": _ending(SHORT_TAG), "payload": _payload},
           lambda: Outbox.kind.in_(("order_confirmation", "order_cancelled"))),
)  # fmt: skip


def _of_a_customer(account_id: Any) -> Any:
    return account_id.in_(select(Account.id).where(Account.role == "customer"))


def build(settings: Settings, size: Size) -> Size:
    """Migrate and fill the database of ``settings``; what it holds then, at least ``size``."""
    written = min(size.orders, MOST_WRITTEN_ORDERS)
    customers = max(FEWEST_CUSTOMERS, written // ORDERS_OF_A_CUSTOMER)
    rows = fill(settings, {"orders": written, "customers": customers, "most_lines": 4})
    _call_it_no_demo()
    kept = rows[Product.__tablename__]
    lives = -(-size.orders // written) - 1
    _spread(ORDERS, lives)
    _raise_levels(lives + 1)
    more = max(0, -(-size.products // kept) - 1)
    _spread(PRODUCTS, more)
    _set_back_sequences()
    _stock_shelves(kept)
    _set_back_sequences()
    _settle()
    return Size(kept * (more + 1), written * (lives + 1))


@verb
def _call_it_no_demo(connection: Connection) -> None:
    """A server refuses to start on the demo's logins; these are the same people elsewhere."""
    elsewhere = func.replace(Account.email, f"@{DEMO_DOMAIN}", "@example.test")
    connection.execute(update(Account).values(email=elsewhere))


def _spread(family: tuple[Copied, ...], generations: int) -> None:
    spans = _spans(family)
    for start in range(1, generations + 1, AT_ONCE):
        _copy_all(family, spans, range(start, min(start + AT_ONCE, generations + 1)))


@verb
def _spans(connection: Connection, family: tuple[Copied, ...]) -> dict[str, int]:
    found = {}
    for each in family:
        key = next(iter(each.table.__table__.primary_key))
        found[each.table.__tablename__] = connection.execute(select(func.max(key))).scalar() or 0
    return found


@verb
def _copy_all(
    connection: Connection, family: tuple[Copied, ...], spans: dict[str, int], numbers: range
) -> None:
    first = select(func.min(Account.id)).where(Account.role == "customer")
    customer = connection.execute(first).scalar() or 0
    for number in numbers:
        copy = Generation(number, spans, frozenset(spans), customer)
        for each in family:
            _copy(connection, copy, each)


def _copy(connection: Connection, copy: Generation, each: Copied) -> None:
    table: Any = each.table.__table__
    columns = list(table.columns)
    values = [_value(copy, each, column) for column in columns]
    find = select(*values).where(table.c.id <= copy.spans[table.name])
    if each.only is not None:
        find = find.where(each.only())
    connection.execute(insert(table).from_select(columns, find, include_defaults=False))


def _value(copy: Generation, each: Copied, column: Column[Any]) -> Any:
    fresh = each.fresh.get(column.name) or (_ending(TAG) if column.name == "uid" else None)
    if fresh is not None:
        return fresh(copy, column)
    if column.name == "id":
        return copy.moved(column.table.name, column)
    target = next((key.column.table.name for key in column.foreign_keys), "")
    return copy.moved(target, column) if target in copy.shifted else column


@verb
def _raise_levels(connection: Connection, generations: int) -> None:
    """As many times the goods as there are ledgers now."""
    more = StockLevel.on_hand * generations
    connection.execute(update(StockLevel).values(on_hand=more, version=StockLevel.version + 1))


@verb
def _stock_shelves(connection: Connection, kept: int) -> None:
    """Levels for the copied products: most have plenty, some little, some nothing."""
    turn = Product.id % 20
    pieces = case((turn == 0, 0), (turn == 1, 2), else_=400) * Product.minimum
    fresh = (Product.id > kept,)
    levels = select(
        Product.id, pieces, literal(0), Product.minimum * 5, literal(False), literal(1)
    ).where(*fresh)
    names = ["product_id", "on_hand", "reserved", "low_at", "tracks_lots", "version"]
    connection.execute(insert(StockLevel).from_select(names, levels, include_defaults=False))
    came = select(
        Product.id, literal("received"), pieces, pieces, literal("Delivery"), Product.created_at
    ).where(*fresh, turn != 0)
    names = ["product_id", "kind", "delta", "balance_after", "reason", "at"]
    connection.execute(insert(StockMovement).from_select(names, came, include_defaults=False))


@verb
def _settle(connection: Connection) -> None:
    """PostgreSQL's planner knows how much there is."""
    raise_version(connection)
    if connection.dialect.name == "postgresql":
        for table in _tables():
            name = connection.dialect.identifier_preparer.format_table(table)
            connection.exec_driver_sql(f"ANALYZE {name}")


@verb
def _set_back_sequences(connection: Connection) -> None:
    """Later keys go on after ours. SQLite's do so by themselves."""
    if connection.dialect.name == "sqlite":
        return
    for table in _tables():
        if "id" in table.columns:
            name = connection.dialect.identifier_preparer.format_table(table)
            sequence = func.pg_get_serial_sequence(bindparam("name", name), "id")
            last = select(func.coalesce(func.max(table.c.id), 1)).scalar_subquery()
            connection.execute(select(func.setval(sequence, last)))


def _tables() -> Iterator[Table]:
    for each in (*PRODUCTS, *ORDERS, Copied(StockLevel)):
        yield Model.metadata.tables[each.table.__tablename__]


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench.multiply",
        description="Fill an empty database with as many products and orders as you like.",
        epilog="example: python -m bench.multiply --products 1000000 --orders 1000000 "
        "--database-url postgresql+psycopg://me@/large?host=/run/postgresql",
    )
    parser.add_argument("--database-url", required=True, help="SQLAlchemy address; made if SQLite")
    parser.add_argument("--products", type=int, default=100_000)
    parser.add_argument("--orders", type=int, default=10_000)
    given = parser.parse_args()
    settings = Settings(
        env="test", home=Path.cwd(), secret="x" * 32, database_url=given.database_url
    )
    begun = time.perf_counter()
    size = build(settings, Size(given.products, given.orders))
    took = time.perf_counter() - begun
    sys.stdout.write(f"{size.products} products, {size.orders} orders in {took:.0f} s\n")


if __name__ == "__main__":
    main()
