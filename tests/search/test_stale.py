"""However old the index is: what is hidden, closed or gone never appears; prices are today's."""

from typing import Any

import pytest
from sqlalchemy import Connection, delete

from kirana.catalog.inputs import ProductChanges
from kirana.catalog.models import Price, Product, ProductEvent
from kirana.catalog.services.products import archive_product, edit_product, hide_product
from kirana.catalog.services.versions import raise_version
from kirana.platform.amounts import Money
from kirana.platform.db import verb
from kirana.search.finding import find_products
from kirana.search.shapes import ProductQuery
from kirana.search.suggesting import suggest_products
from kirana.stock.models import StockLevel
from kirana.stock.services.goods import Waste, waste_goods
from kirana.stores.services import move_store
from tests.catalog.market import Market, product_row
from tests.search.indexing import Index, indexed

PATHS = (
    "/api/v1/products?q=tea",
    "/api/v1/products?q=tea&sort=price",
    "/api/v1/products?q=tea&in_stock=true&price_min=1",
    "/api/v1/search/suggestions?q=tea",
    "/search?q=tea",
    "/search/suggestions?q=tea",
)


@verb
def _delete(connection: Connection, slug: str) -> None:
    """Nothing in the shop does this. Caches are told of it, the feed is not."""
    key = product_row(slug).id
    for table in (Price, ProductEvent, StockLevel):
        connection.execute(delete(table).where(table.product_id == key))
    connection.execute(delete(Product).where(Product.id == key))
    raise_version(connection)


def _close(market: Market, _slug: str) -> None:
    move_store(market.admin, market.store, "closed")


GOING = {
    "hidden": lambda market, slug: hide_product(market.manager, slug),
    "archived": lambda market, slug: archive_product(market.manager, slug),
    "closed": _close,
}


@pytest.mark.parametrize("way", [*GOING, "deleted"])
def test_what_is_gone_is_not_found_while_nobody_keeps_the_index_up(
    market: Market, index: Index, client: Any, way: str
) -> None:
    slug = market.sell("Tea of Assam", stock=0 if way == "deleted" else 50)
    index.step()
    for path in PATHS[:2] + PATHS[3:]:
        assert b"Tea of Assam" in client.get(path).data, path
    _delete(slug) if way == "deleted" else GOING[way](market, slug)
    for path in PATHS:
        # Another address than before, so that no cache answers.
        answer = client.get(f"{path}{'&limit=7' if 'api' in path else '&from=7'}")
        assert answer.status_code == 200
        assert b"Tea of Assam" not in answer.data, path
    assert index.state.documents == 1, "the index still has it"


def test_prices_and_stock_are_those_of_the_database(market: Market, index: Index) -> None:
    dear = market.sell("Tea of Assam", 9900)
    gone = market.sell("Tea of Ceylon", 5000)
    index.step()
    edit_product(market.manager, dear, ProductChanges(price=Money(100, "INR")))
    waste_goods(market.manager, gone, 50, Waste("spoilt"))
    by_slug = {item.slug: item for item in find_products(ProductQuery(q="tea")).items}
    assert by_slug[dear].price_minor == 100
    assert by_slug[gone].stock_band == "none"
    assert indexed("tea", price_max=100) == ["Tea of Assam"]
    assert indexed("tea", price_min=9900) == []
    assert indexed("tea", in_stock=True) == ["Tea of Assam"]
    assert indexed("tea", sort="price") == ["Tea of Assam", "Tea of Ceylon"]
    items, _ = suggest_products("tea", 5)
    assert {item.slug: item.price_minor for item in items} == {dear: 100, gone: 5000}


def test_pages_stay_full_when_hits_have_gone(market: Market, index: Index) -> None:
    slugs = [market.sell(f"Tea number {number}") for number in range(12)]
    index.step()
    for slug in slugs[:6]:
        hide_product(market.manager, slug)
    first = find_products(ProductQuery(q="tea", limit=4))
    rest = find_products(ProductQuery(q="tea", limit=4, cursor=first.next_cursor))
    found = [item.slug for item in (*first.items, *rest.items)]
    assert (len(first.items), len(rest.items), rest.next_cursor) == (4, 2, None)
    assert sorted(found) == sorted(slugs[6:])
