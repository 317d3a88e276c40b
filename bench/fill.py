"""Fills an empty database with many orders that keep every invariant: the demo shop, larger.

    python -m bench.fill --orders 100000 --database-url sqlite:////tmp/large.sqlite3

The database is migrated first. Nothing is mailed, no picture is stored, everybody's password is
the demo's. Seconds, not minutes, for 4,000 orders; about two minutes for 100,000.
"""

import argparse
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from kirana.catalog.services.versions import raise_version
from kirana.demo.catalogue import load_catalogue
from kirana.demo.founding import Files
from kirana.demo.households import Plan
from kirana.demo.people import ZONE, Customer, make_customers
from kirana.demo.rows import Rows
from kirana.demo.seeding import CUSTOMERS, Shop, keep_books
from kirana.orders.models import Order, OrderLine
from kirana.platform import clock, db, migrations
from kirana.platform.columns import new_uid
from kirana.platform.config import Settings
from kirana.platform.tables import Base
from kirana.stock.models import Lot, LotMovement

KEPT = 100_000
FIRST_KEY = 1_000_000_000
ORDERS_OF_A_CUSTOMER = 60


class Stream(Rows):
    """Rows on their way to the database: memory holds the last hundred thousand."""

    def __init__(self, connection: Connection, distinct_keys: bool = False) -> None:
        super().__init__()
        self._first = {
            table.name: FIRST_KEY * number if distinct_keys else 0
            for number, table in enumerate(Base.metadata.sorted_tables, 1)
        }
        self._first[Lot.__tablename__] = 0  # who keeps lots numbers them
        self._connection = connection
        self._waiting = 0
        self.written: Counter[str] = Counter()

    def add(self, table: type[Base], **values: Any) -> int:
        self.written[table.__tablename__] += 1
        key = self._first[table.__tablename__] + self.written[table.__tablename__]
        self.add_keyed(table, id=key, **values)
        return key

    def add_keyed(self, table: type[Base], **values: Any) -> None:
        super().add_keyed(table, **values)
        self._waiting += 1
        # What refers to a row comes after it, so a cut between any two rows is a good one.
        if self._waiting >= KEPT:
            self.flush()

    def flush(self, is_last: bool = False) -> None:
        """Write what is kept. Lots are told last, so what they moved waits for them."""
        name = LotMovement.__tablename__
        waiting = {} if is_last else {name: self._rows.pop(name, [])}
        self.write(self._connection)
        self._rows = waiting
        self._waiting = 0


def crowd(seed: int, count: int) -> tuple[Customer, ...]:
    """``count`` people: the demo's, then others of the same names."""
    known = make_customers(seed, CUSTOMERS)
    return tuple(
        known[number]
        if number < CUSTOMERS
        else replace(known[number % CUSTOMERS], email=f"customer.{number}@example.test")
        for number in range(count)
    )


def fill(
    settings: Settings, plan: Mapping[str, int], seed: int = 1, distinct_keys: bool = False
) -> Counter[str]:
    """Migrate the database and fill it; the rows written, by table. One transaction.

    With ``distinct_keys`` no two rows of the database have the same key, whatever their tables.
    """
    db.configure(settings)
    migrations.upgrade()
    until = clock.utc_now().replace(microsecond=0).astimezone(ZoneInfo(ZONE))
    wanted = Plan(until, **plan)
    files = Files(defaultdict(new_uid), {})
    shop = Shop(seed, load_catalogue(seed), files, settings.currency, crowd(seed, wanted.customers))
    with db.transaction() as connection:
        rows = Stream(connection, distinct_keys)
        keep_books(rows, shop, wanted)
        rows.flush(is_last=True)
        raise_version(connection)
    return rows.written


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.fill",
        description="Fill an empty database with the demo shop and as many orders as you like.",
        epilog="example: python -m bench.fill --orders 100000 "
        "--database-url postgresql+psycopg://me@/large?host=/run/postgresql",
    )
    parser.add_argument("--database-url", required=True, help="SQLAlchemy address; made if SQLite")
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--customers", type=int, help="by default one for each 60 orders")
    parser.add_argument("--days", type=int, default=120, help="over how many days they lie")
    parser.add_argument("--most-lines", type=int, default=4, help="of an order; about 3 follow")
    return parser


def main() -> None:
    given = _options().parse_args()
    plan = {
        "orders": given.orders,
        "customers": given.customers or max(CUSTOMERS, given.orders // ORDERS_OF_A_CUSTOMER),
        "days": given.days,
        "most_lines": given.most_lines,
    }
    settings = Settings(
        env="test", home=Path.cwd(), secret="x" * 32, database_url=given.database_url
    )
    begun = time.perf_counter()
    written = fill(settings, plan)
    orders, lines = written[Order.__tablename__], written[OrderLine.__tablename__]
    took = time.perf_counter() - begun
    sys.stdout.write(
        f"{orders} orders with {lines} lines, {sum(written.values())} rows in {took:.0f} s\n"
    )


if __name__ == "__main__":
    main()
