"""Fills an empty development shop: stores, people, catalogue, pictures, 120 days of orders."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from kirana.accounts.models import Account
from kirana.accounts.passwords import hash_password
from kirana.accounts.queries import has_accounts
from kirana.catalog.models import Category, Product
from kirana.catalog.services.versions import EVERYTHING, raise_version
from kirana.demo.catalogue import Catalogue, load_catalogue, picture_bytes, read_table
from kirana.demo.founding import Files, Ground, Moment, People, found_shop
from kirana.demo.households import Plan, generate_orders
from kirana.demo.lotkeeping import LotKeeper
from kirana.demo.months import close_months
from kirana.demo.people import (
    ADMIN_EMAIL,
    CUSTOMER_EMAIL,
    MANAGER_EMAIL,
    PASSWORD,
    ZONE,
    Customer,
    make_customers,
)
from kirana.demo.rows import Rows
from kirana.demo.stockkeeping import StockBook, keep_stock
from kirana.demo.trading import Trade, write_orders
from kirana.demo.voices import let_them_speak
from kirana.orders.models import Order, OrderLine
from kirana.pairs.services import count_all
from kirana.platform import clock
from kirana.platform.columns import new_uid
from kirana.platform.config import Settings, load_settings
from kirana.platform.db import query, verb
from kirana.platform.storage import Storage, media
from kirana.search.models import SearchSynonym
from kirana.stores.models import Store

CUSTOMERS = 60
SAVERS = 8
_MUST_BE_EMPTY = (Account, Store, Category, Product)


class DemoRefused(Exception):
    """The demo data cannot be written here; the message says why in one line."""


def logins() -> list[str]:
    """The lines of the banner: the three demo logins and their password."""
    who = (("admin", ADMIN_EMAIL), ("manager", MANAGER_EMAIL), ("customer", CUSTOMER_EMAIL))
    return [f"Sign in as {role:9} {email:21} password {PASSWORD}" for role, email in who]


def seed(
    seed: int = 1,
    progress: Callable[[str], object] = lambda line: None,
    settings: Settings | None = None,
) -> None:
    """Write the demo shop of that number, in bulk and in one transaction.

    Nothing is mailed now; last month's reports are owed to the customers, earlier ones are not.
    Raises DemoRefused outside development and when the shop is not empty.
    """
    settings = settings or load_settings()
    _refuse_where_it_harms(settings)
    catalogue = load_catalogue(seed)
    progress(f"{len(catalogue.products)} products: storing their pictures")
    store = media(settings)
    files = _store_pictures(store, catalogue)
    try:
        rows = write_books(seed, catalogue, files, settings.currency)
        orders, lines = len(rows.of(Order)), len(rows.of(OrderLine))
        progress(f"{orders} orders with {lines} lines: writing them")
        _write(rows)
        count_all(settings)
    except BaseException:
        for name in (*files.products.values(), *files.departments.values()):
            store.delete(name)
        raise
    progress("The demo shop is ready.")


def _refuse_where_it_harms(settings: Settings) -> None:
    if settings.env != "development":
        raise DemoRefused("Demo data belongs in development only; KIRANA_ENV says otherwise.")
    if not _is_empty():
        raise DemoRefused("The shop is not empty; demo data goes only into an empty one.")


@query
def _is_empty(connection: Connection) -> bool:
    return not has_accounts() and not any(
        connection.execute(table.__table__.select().limit(1)).first() for table in _MUST_BE_EMPTY
    )


def _store_pictures(store: Storage, catalogue: Catalogue) -> Files:
    """Every product gets a file of its own: it may be replaced or deleted with the product."""
    names = {p.sku: p.picture for p in catalogue.products}
    tops = {d.slug: d.picture for d in catalogue.departments if d.parent is None}

    def keep(name: str) -> str:
        return store.save(picture_bytes(name), ".webp")

    # Each file waits for the disk; together they wait once.
    with ThreadPoolExecutor(SAVERS) as pool:
        saved = list(pool.map(keep, [*names.values(), *tops.values()]))
    return Files(
        dict(zip(names, saved, strict=False)),
        dict(zip(tops, saved[len(names) :], strict=True)),
    )


def write_books(seed: int, catalogue: Catalogue, files: Files, currency: str) -> Rows:
    """All rows of the shop as of now, in memory."""
    rows = Rows()
    now = clock.utc_now().replace(microsecond=0)
    shop = Shop(seed, catalogue, files, currency, make_customers(seed, CUSTOMERS))
    ground = keep_books(rows, shop, Plan(now.astimezone(ZoneInfo(ZONE)), CUSTOMERS))
    let_them_speak(rows, ground, shop.customers, now, seed)
    return rows


@dataclass(frozen=True, slots=True)
class Shop:
    """What is sold, to whom; ``seed`` decides every chance."""

    seed: int
    catalogue: Catalogue
    files: Files
    currency: str
    customers: tuple[Customer, ...]


def keep_books(rows: Rows, shop: Shop, plan: Plan) -> Ground:
    """Gather the shop's rows: what stands before the first order, its history, its stock.

    The keys of what stood before; a benchmark gathers more rows than are kept at once.
    """
    now, zone = plan.until.astimezone(UTC), ZoneInfo(ZONE)
    people = People(shop.customers, hash_password(PASSWORD))
    moment = Moment(now, random.Random(f"shop {shop.seed}"))  # noqa: S311 - the same per seed
    ground = found_shop(rows, moment, shop.catalogue, shop.files, people)
    _keep_synonyms(rows, now)
    founded_at = min(store["created_at"] for store in rows.of(Store))
    close_months(rows, founded_at, now, zone, max(ground.customers))
    orders = generate_orders(shop.catalogue, shop.seed, plan)
    trade = Trade(rows, ground, people.customers, shop.currency, now, moment.chance)
    changes = write_orders(trade, orders)
    book = StockBook(rows, ground.products, LotKeeper(rows, zone))
    keep_stock(book, ground.products, changes, moment, zone)
    book.close(now)
    return ground


def _keep_synonyms(rows: Rows, now: datetime) -> None:
    for row in read_table("synonyms.csv"):
        word, other = sorted((row["word"], row["other"]))
        rows.add(
            SearchSynonym, uid=new_uid(), word=word, other=other, shown=f"{word}\n{other}",
            created_at=now,
        )  # fmt: skip


@verb
def _write(connection: Connection, rows: Rows) -> None:
    """Looks again, behind the writers' lock, whether the shop is still empty."""
    if not _is_empty():
        raise DemoRefused("The shop is not empty; demo data goes only into an empty one.")
    rows.write(connection)
    raise_version(connection, EVERYTHING)
