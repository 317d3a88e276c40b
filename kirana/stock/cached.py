"""The public reads of the shelves for pages, through the cache. Same names, same answers.

They depend on nothing but their parameters, the catalogue's version, and which goods are out of
date: that changes at a local midnight, and every zone's midnight is a quarter hour's (since 1972).
"""

from collections.abc import Sequence
from functools import lru_cache

import msgspec
from flask import current_app

from kirana.catalog import queries as catalog
from kirana.catalog.views import CategoryPage, Department
from kirana.platform import clock, db, freshness
from kirana.platform.cache import LONGEST_SECONDS, cache_of, cached_as
from kirana.platform.paging import Page
from kirana.stock import queries
from kirana.stock.filters import ShelfQuery
from kirana.stock.views import ProductPage, ShelfItem

# What a card takes in memory, about.
_CARD_BYTES = 1500


def items_of(keys: Sequence[int]) -> dict[int, ShelfItem]:
    """As ``stock.queries.items_of``, which is asked for what this process does not have at hand.

    So a list that nobody asked for yet costs its keys, and the products that were in no other.
    """
    shelf, version, moment = cache_of(current_app).cards, freshness.current(), _quarter_hour()
    kept = shelf.get_many([(version, moment, key) for key in keys])
    found = {key: item for key, item in zip(keys, kept, strict=True) if item is not None}
    if missing := [key for key in keys if key not in found]:
        begun = db.queries_so_far()
        made = {key: _same(item) for key, item in queries.items_of(missing).items()}
        # What a transaction sees is not yet so, and may never be.
        is_of = None if db.in_transaction() else freshness.seen_since(begun)
        for key, item in made.items() if is_of is not None else ():
            shelf.put((is_of, moment, key), item, LONGEST_SECONDS, _CARD_BYTES)
        found |= made
    return found


@lru_cache(maxsize=8192)
def _same(item: ShelfItem) -> ShelfItem:
    """The first that was equal, whatever the version: what is kept of an item is found by it, and
    to compare two of them field by field costs more each time than to look for this one once."""
    return item


def list_shelf(wanted: ShelfQuery) -> Page[ShelfItem]:
    """As ``stock.queries.list_shelf``."""
    return cached_as(
        Page[ShelfItem],
        "shelf",
        shelf_key(wanted),
        lambda: queries.list_shelf(wanted, items_of=items_of),
    )


def count_shelf(wanted: ShelfQuery) -> int:
    """As ``stock.queries.count_shelf``; the page and its size do not matter to it."""
    bare = msgspec.structs.replace(wanted, limit=1, cursor=None, sort="name")
    return cached_as(int, "shelf-count", shelf_key(bare), lambda: queries.count_shelf(bare))


def find_product_page(slug: str) -> ProductPage | None:
    """As ``stock.queries.find_product_page``."""
    found = cached_as(
        list[ProductPage],
        "product-page",
        product_key(slug),
        lambda: _listed(queries.find_product_page(slug)),
        0,  # it costs less than the way to Redis and back
    )
    return found[0] if found else None


def departments() -> list[Department]:
    """As ``catalog.queries.departments``."""
    return cached_as(list[Department], "departments", "", catalog.departments)


def find_category(slug: str) -> CategoryPage | None:
    """As ``catalog.queries.find_category``."""
    found = cached_as(list[CategoryPage], "category-page", slug, lambda: _listed_category(slug))
    return found[0] if found else None


def shelf_key(wanted: ShelfQuery) -> str:
    """What a list depends on, as a cache key."""
    return f"{msgspec.json.encode(wanted).decode()}{_quarter_hour()}"


def product_key(slug: str) -> str:
    """What a product's page depends on, as a cache key."""
    return f"{slug}.{_quarter_hour()}"


def _quarter_hour() -> int:
    """Rises at the instant at which lots may go out of date, and by then nothing kept is read."""
    return int(clock.utc_now().timestamp()) // 900


def _listed(page: ProductPage | None) -> list[ProductPage]:
    return [] if page is None else [page]


def _listed_category(slug: str) -> list[CategoryPage]:
    found = catalog.find_category(slug)
    return [] if found is None else [found]
