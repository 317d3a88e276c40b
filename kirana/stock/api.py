"""JSON: the public shelves, and a store's products with their stock."""

from typing import Any

from flask import Blueprint

from kirana.accounts.permissions import Permission
from kirana.platform.access import Actor
from kirana.platform.cache import cached_answer
from kirana.platform.errors import Invalid, NotFound, Stale, TooMany
from kirana.platform.http import (
    Answer,
    if_match,
    is_search,
    limited,
    operation,
    public,
    requires,
)
from kirana.platform.paging import Page, PageQuery
from kirana.stock.cached import shelf_key
from kirana.stock.errors import OutOfStock, VersionMissing
from kirana.stock.filters import ShelfQuery
from kirana.stock.queries import find_product_page, list_shelf
from kirana.stock.services.goods import (
    adjust_stock,
    count_stock,
    receive_goods,
    set_low_at,
    waste_goods,
)
from kirana.stock.shapes import (
    NewMovement,
    ProductDetail,
    ProductSummary,
    Stock,
    StockChanges,
    StoreProduct,
    detail,
    stock,
    store_product,
    summary,
)
from kirana.stock.store_queries import (
    StockedQuery,
    get_stock,
    list_movements,
    list_store_products,
)
from kirana.stock.views import Movement, StockView

api = Blueprint("stock_api", __name__)


@api.get("/products")
@public
@limited("minute", "search_per_minute", "address", when=is_search)
@operation("listProducts", raises=(TooMany,))
def list_products(query: ShelfQuery) -> Answer[Page[ProductSummary]]:
    """What is on sale, filtered and sorted; the same for everyone, so it is cached."""
    return cached_answer("products", shelf_key(query), lambda: _shelf(query))


@api.get("/products/<slug>")
@public
@operation("getProduct", raises=(NotFound,))
def get_product(slug: str) -> Answer[ProductDetail]:
    """A product that is on sale in an open store."""
    return cached_answer("product", slug, lambda: _detail(slug))


@api.get("/stores/<store>/products")
@requires(Permission.READ_STORE_PRODUCTS)
@operation("listStoreProducts")
def list_of_store(actor: Actor, store: str, query: StockedQuery) -> Page[StoreProduct]:
    """A store's products of every status, with their stock, for its own people."""
    page = list_store_products(actor, store, query)
    return Page([store_product(row) for row in page.items], page.next_cursor)


@api.get("/products/<slug>/stock")
@requires(Permission.READ_STORE_STOCK)
@operation("getStock")
def get_level(actor: Actor, slug: str) -> Answer[Stock]:
    """How much of a product is there."""
    return _tagged(get_stock(actor, slug))


@api.patch("/products/<slug>/stock")
@requires(Permission.WRITE_STORE_STOCK)
@operation("changeStock", raises=(Stale, VersionMissing, OutOfStock))
def change_level(actor: Actor, slug: str, body: StockChanges) -> Answer[Stock]:
    """Set what was counted (with If-Match) or the threshold of "few left"."""
    if (body.on_hand is None) == (body.low_at is None):
        raise Invalid.at("/on_hand", "give either on_hand or low_at")
    if body.low_at is not None:
        return _tagged(set_low_at(actor, slug, body.low_at))
    assert body.on_hand is not None  # noqa: S101 - one of the two is given
    return _tagged(count_stock(actor, slug, body.on_hand, if_match(), body.reason))


@api.get("/products/<slug>/stock/movements")
@requires(Permission.READ_STORE_STOCK)
@operation("listStockMovements")
def list_ledger(actor: Actor, slug: str, query: PageQuery) -> Page[Movement]:
    """The ledger of a product, newest first."""
    return list_movements(actor, slug, query)


@api.post("/products/<slug>/stock/movements")
@requires(Permission.WRITE_STORE_STOCK)
@operation("moveStock", status=201, raises=(OutOfStock,), idempotency="accepted")
def move(actor: Actor, slug: str, body: NewMovement) -> Answer[Stock]:
    """Book goods that came in or were wasted, or mend the level by a difference."""
    if body.kind == "adjusted":
        level = adjust_stock(actor, slug, _given(body.delta, "delta"), body.reason)
    elif body.kind == "received":
        level = receive_goods(actor, slug, _given(body.quantity, "quantity"), body.reason)
    else:
        level = waste_goods(actor, slug, _given(body.quantity, "quantity"), body.reason)
    return _tagged(level)


def _shelf(query: ShelfQuery) -> Page[ProductSummary]:
    page = list_shelf(query)
    return Page([summary(item) for item in page.items], page.next_cursor)


def _detail(slug: str) -> ProductDetail:
    page = find_product_page(slug)
    if page is None:
        raise NotFound
    return detail(page)


def _given(value: int | None, name: str) -> int:
    if value is None:
        raise Invalid.at(f"/{name}", "must be given", "required")
    return value


def _tagged(level: StockView) -> Answer[Any]:
    return Answer(stock(level), version=level.version)
