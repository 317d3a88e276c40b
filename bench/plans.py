"""The plan of every statement that the shop sends, on a database as large as you like.

    python -m bench.plans --products 1000000 --databases sqlite

Fills a database, sends all routes, all filters and all scheduled work through the shop in this
process, and explains each statement with the planner as it is: what walks through a whole table,
or sorts what it found for a single page, is printed. ``tests/plans`` does the same on a small set.
"""

import argparse
import sys
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from sqlalchemy import Connection, func, literal, select, update

from bench.multiply import Size, build
from bench.servers import DATABASES, store
from kirana.app import create_app
from kirana.catalog.models import Category
from kirana.platform import db
from kirana.platform.config import Settings
from kirana.platform.db import verb
from kirana.platform.tables import Model
from kirana.wiring import wire
from tests.machinery.databases import SECRET
from tests.plans.judging import SMALL, Statement, faults_as_it_is
from tests.plans.traffic import collected, send_everything
from tests.world import build as build_world

# Below so many rows it does not matter how they are found.
FEW = 1000


def explain(kind: str, size: Size) -> tuple[int, Mapping[str, list[str]]]:
    """How many statements were looked at, and what is wrong with which."""
    with DATABASES[kind]() as database:
        build(Settings(env="test", secret=SECRET, database_url=database.url), size)
        with store(database) as (_server, settings):
            settings = _generous(settings)
            wire(settings)
            _make_room()
            app = create_app(settings)
            with collected() as asked:
                send_everything(app, build_world(app), settings)
            SMALL.update(_small_tables())
            found = {
                sql: wrong
                for sql, values in asked.items()
                if (wrong := _faults(kind, Statement(sql, values)))
            }
            db.dispose()
    return len(asked), found


@verb
def _make_room(connection: Connection) -> None:
    """The people of the tests bring a department of this name."""
    old = update(Category).where(Category.slug == "drinks")
    connection.execute(old.values(slug="drinks-before", name="Drinks before"))


@verb
def _small_tables(connection: Connection) -> list[str]:
    """Those of which even a large shop has few rows here; the planner then knows all others."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("ANALYZE")
    few = []
    for table in Model.metadata.sorted_tables:
        rows = select(literal(1)).select_from(table).limit(FEW).subquery()
        if connection.execute(select(func.count()).select_from(rows)).scalar_one() < FEW:
            few.append(table.name)
    return few


def _generous(settings: Settings) -> Settings:
    limits = [item.name for item in fields(Settings) if "least" in item.metadata]
    raised: dict[str, Any] = dict.fromkeys(limits, 1_000_000)
    return replace(settings, **raised)


def _faults(kind: str, statement: Statement) -> list[str]:
    with db.engine().connect() as connection:
        driver: Any = connection.connection.dbapi_connection
        found = faults_as_it_is(driver, kind, statement) if statement.is_explained else []
        driver.rollback()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench.plans",
        description="What walks through a whole table of a large shop.",
        epilog="example: python -m bench.plans --products 1000000 --orders 1000000",
    )
    parser.add_argument("--products", type=int, default=100_000)
    parser.add_argument("--orders", type=int, default=10_000)
    parser.add_argument("--databases", nargs="+", choices=DATABASES, default=list(DATABASES))
    given = parser.parse_args()
    for kind in given.databases:
        looked, found = explain(kind, Size(given.products, given.orders))
        sys.stdout.write(f"{kind}: {looked} statements, {len(found)} with something to see\n")
        for sql, wrong in found.items():
            sys.stdout.write(f"\n{', '.join(wrong)}:\n{sql}\n")


if __name__ == "__main__":
    main()
