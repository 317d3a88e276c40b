"""No statement of a route or of scheduled work walks through a whole table."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from kirana.platform import db
from kirana.platform.config import Settings
from kirana.platform.tables import Model
from kirana.stock.filters import ShelfQuery
from kirana.stock.queries import find_product_page, list_shelf
from tests.catalog.market import open_market
from tests.machinery import memory
from tests.machinery.databases import Database
from tests.plans.judging import KEPT_WHOLE, Statement, faults, grow, told
from tests.plans.traffic import Asked, collected, send_everything
from tests.world import build

# What no index serves, and why that may be.
EXCEPTIONS = {
    "lower(account.name) LIKE": "a piece of a name, asked for by an admin",
    "account.name ILIKE": "a piece of a name, asked for by an admin",
    "audit_event.at >= ": "an admin's span of the log: rows lie in it as their keys do",
    "audit_event.at < ": "an admin's span of the log: rows lie in it as their keys do",
    "SELECT (SELECT count(*)": "how many wait for an admin: an index of only these",
    "product.search_text LIKE ": "a piece of a text",
    "product.price_minor >= ": "a span of one column in the order of another",
    "product.price_minor <= ": "a span of one column in the order of another",
    '"order".store_id IN (NULL)': "a courier's: of a store only what is on its way",
    "product.published_at >= ": "a span of one column in the order of another",
    "product.brand = ": "one column in the order of another",
    "product.was_minor > product.price_minor": "one column in the order of another",
    "CAST(product.diet AS ": "a word of a list",
    "coalesce(stock_level.low_at": "what of one store runs low, in the order of names",
    "FROM search_synonym": "how many an admin keeps: a few hundred at most",
    "FROM review JOIN product ON": "an admin's list in the order of its keys, and the few reported",
    "product_pair.customers DESC": "the pairs of one product",
}
# Indexes without which something must be found wrong, each for another table.
NEEDED = (
    "ix_account_role", "ix_session_expires_at", "ix_job_status", "ix_outbox_waiting",
    "ix_outbox_state", "ix_audit_event_object", "ix_order_of_customer", "ix_product_of_store",
    "ix_account_link_created_at", "ix_idempotency_created_at",
    "ix_stock_movement_story", "ix_approval_status", "ix_order_event_order_id",
)  # fmt: skip
TABLE_OF = {
    index.name: table.name for table in Model.metadata.sorted_tables for index in table.indexes
}


def judged(asked: Asked, kind: str, without: str = "") -> dict[str, list[str]]:
    """The statements with something wrong, by their text; ``without`` names a dropped index."""
    found = {}
    with _explaining(without) as driver:
        grow(driver, kind)
        for sql, values in asked.items():
            statement = Statement(sql, values)
            if statement.is_explained and (wrong := faults(driver, kind, statement)):
                found[sql] = wrong
    return found


@contextmanager
def _explaining(without: str) -> Iterator[Any]:
    """The driver in a transaction that is rolled back."""
    with db.engine().connect() as connection:
        if without:
            connection.execute(text(f"DROP INDEX {without}"))
        yield connection.connection.dbapi_connection
        connection.rollback()


@pytest.fixture
def generous(settings: Settings) -> Settings:
    """Nobody has to wait for a limit."""
    limits = [item.name for item in fields(Settings) if "least" in item.metadata]
    return replace(settings, **dict.fromkeys(limits, 1_000_000))


@pytest.fixture
def asked(database: Database, generous: Settings, home: Path) -> Asked:
    app = memory.make_app(generous, home)
    with collected() as found:
        send_everything(app, build(app), generous)
    return found


@pytest.mark.on_database("sqlite")  # PostgreSQL goes by what it counted, of which there is nothing
@pytest.mark.parametrize("is_broad", [True, False])
def test_a_broad_price_is_not_sorted(app: Any, database: Database, is_broad: bool) -> None:
    open_market().sell()
    wanted = ShelfQuery(price_min=1, price_max=10**6)
    with collected() as asked:
        list_shelf(wanted, is_broad=is_broad)
    sorts = any(KEPT_WHOLE in found for found in judged(asked, database.kind).values())
    assert sorts != is_broad


def test_a_family_is_read_by_its_index_in_its_order(app: Any, database: Database) -> None:
    """And not by walking through all that its store sells, which has a good index too."""
    market = open_market()
    slug = market.sell("Milk 1 l", family="milk")
    market.sell("Milk 2 l", family="milk")
    with collected() as asked:
        page = find_product_page(slug)
    assert page is not None
    assert len(page.sizes) == 2
    ((sql, values),) = [item for item in asked.items() if "product.family = " in item[0]]
    with _explaining("") as driver:
        grow(driver, database.kind)
        assert "ix_product_family" in told(driver, database.kind, Statement(sql, values))
        assert faults(driver, database.kind, Statement(sql, values)) == []


def test_every_statement_finds_its_rows_by_an_index(asked: Asked, database: Database) -> None:
    assert len(asked) > 300, "the traffic does not reach the shop"
    found = judged(asked, database.kind)
    excused = {sql for sql in found if any(words in sql for words in EXCEPTIONS)}
    wrong = [f"{', '.join(found[sql])}:\n{sql}" for sql in found.keys() - excused]
    assert not wrong, "\n\n".join(wrong)
    good = {sql: values for sql, values in asked.items() if sql not in found}
    for index in NEEDED:
        table = TABLE_OF[index]
        about = {sql: values for sql, values in good.items() if table in sql}
        assert judged(about, database.kind, index), f"nothing is found wrong without {index}"
