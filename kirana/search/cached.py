"""The reads of the search for pages and the API, through the cache.

What the index says depends on how far it has come beside the catalogue's version: that is part of
their keys, or an answer from before would outlive the change that it lacks.
"""

import msgspec

from kirana.edge.declared import let_pass
from kirana.platform import freshness
from kirana.platform.cache import LONGEST_SECONDS, cached_as
from kirana.platform.paging import Page
from kirana.search import facets, finding
from kirana.search.reading import reader
from kirana.search.shapes import Facets, ProductQuery
from kirana.stock.cached import items_of, shelf_key
from kirana.stock.views import ShelfItem


def find_products(wanted: ProductQuery) -> Page[ShelfItem]:
    """As ``finding.find_products``; a list that hardly anybody asks for is kept as a page alone."""

    def find() -> Page[ShelfItem]:
        return finding.find_products(wanted, items_of)

    key = search_key(wanted)
    if wanted.is_rare and not wanted.is_search:
        return find()
    return cached_as(Page[ShelfItem], "found", key, find, 0 if wanted.is_rare else LONGEST_SECONDS)


def count_products(wanted: ProductQuery) -> int:
    """As ``finding.count_products``; the page and its size do not matter to it."""
    bare = msgspec.structs.replace(wanted, limit=1, cursor=None, sort=None)
    return cached_as(int, "found-count", search_key(bare), lambda: finding.count_products(bare))


def count_facets(wanted: ProductQuery, currency: str) -> Facets:
    """As ``facets.count_facets``."""
    bare = msgspec.structs.replace(wanted, limit=1, cursor=None, sort=None)
    return cached_as(
        Facets, "facets", search_key(bare), lambda: facets.count_facets(bare, currency)
    )


def search_key(wanted: ProductQuery) -> str:
    """What a search depends on, as a cache key.

    While the index lags the edge keeps no answer, and no search while it is away.
    """
    snapshot = reader().snapshot()
    if snapshot.version < freshness.current() if snapshot else wanted.is_search:
        let_pass()
    stage = f"{snapshot.state.generation}.{snapshot.version}" if snapshot else "none"
    return f"{shelf_key(wanted)}.{stage}"
