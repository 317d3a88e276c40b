"""JSON: the public shelves, and a store's products with their stock."""

from typing import Any, TypeVar

from flask import Blueprint

from kirana.accounts.permissions import Permission
from kirana.edge.declared import kept_at_edge
from kirana.platform.access import Actor
from kirana.platform.cache import cached_answer
from kirana.platform.errors import Invalid, NotFound, Stale
from kirana.platform.http import Answer, if_match, operation, public, requires
from kirana.platform.paging import Page, PageQuery
from kirana.platform.rows import existing
from kirana.stock.cached import product_key
from kirana.stock.errors import OutOfDateThere, OutOfStock, VersionMissing
from kirana.stock.ledger_queries import StoryQuery, explain_stock, list_lots
from kirana.stock.queries import find_product_page
from kirana.stock.services.goods import (
    Delivery,
    Waste,
    adjust_stock,
    count_stock,
    receive_goods,
    set_low_at,
    waste_goods,
)
from kirana.stock.services.tracking import track_lots
from kirana.stock.services.transfers import Transfer, transfer_goods
from kirana.stock.shapes import (
    NewMovement,
    ProductDetail,
    Stock,
    StockChanges,
    StoreProduct,
    detail,
    stock,
    store_product,
)
from kirana.stock.store_queries import (
    StockedQuery,
    get_stock,
    list_movements,
    list_store_products,
)
from kirana.stock.views import LotView, Movement, StockView, Story

api = Blueprint("stock_api", __name__)

T = TypeVar("T")
_FIELDS = {
    "received": ("quantity", "lot", "best_before"),
    "wasted": ("quantity", "code", "lot"),
    "adjusted": ("delta", "lot"),
    "transferred": ("quantity", "to", "lot"),
}


@api.get("/products/<slug>")
@public
@kept_at_edge("catalogue")
@operation("getProduct", raises=(NotFound,))
def get_product(slug: str) -> Answer[ProductDetail]:
    """A product that is on sale in an open store."""
    # Three short statements cost less than to ask Redis for it and to leave it there.
    return cached_answer("product", product_key(slug), lambda: _detail(slug), 0)


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
@operation("changeStock", raises=(Stale, VersionMissing, OutOfStock, OutOfDateThere))
def change_level(actor: Actor, slug: str, body: StockChanges) -> Answer[Stock]:
    """Set what was counted (with If-Match), when to show "few left", or whether lots are kept."""
    if [body.on_hand, body.low_at, body.tracks_lots].count(None) != 2:
        raise Invalid.at("/on_hand", "give one of on_hand, low_at and tracks_lots")
    if body.low_at is not None:
        return _tagged(set_low_at(actor, slug, body.low_at))
    if body.tracks_lots is not None:
        return _tagged(track_lots(actor, slug, body.tracks_lots))
    assert body.on_hand is not None  # noqa: S101 - one of the three is given
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
    """Book goods that came in, were wasted or go elsewhere, or mend the level by a difference."""
    _require_fitting(body)
    if body.kind == "adjusted":
        delta = _given(body.delta, "delta")
        return _tagged(adjust_stock(actor, slug, delta, body.reason, body.lot))
    quantity = _given(body.quantity, "quantity")
    if body.kind == "received":
        delivery = Delivery(body.lot or "", body.best_before)
        return _tagged(receive_goods(actor, slug, quantity, body.reason, delivery))
    if body.kind == "wasted":
        why = Waste(_given(body.code, "code"), body.reason, body.lot)
        return _tagged(waste_goods(actor, slug, quantity, why))
    transfer = Transfer(_given(body.to, "to"), body.reason, body.lot)
    return _tagged(transfer_goods(actor, slug, quantity, transfer))


@api.get("/products/<slug>/stock/lots")
@requires(Permission.READ_STORE_STOCK)
@operation("listLots")
def list_lots_of(actor: Actor, slug: str, query: PageQuery) -> Page[LotView]:
    """The lots of a product that hold something, in the order in which they are sold."""
    return list_lots(actor, slug, query)


@api.get("/products/<slug>/stock/explanation")
@requires(Permission.READ_STORE_STOCK)
@operation("explainStock")
def explain(actor: Actor, slug: str, query: StoryQuery) -> Story:
    """Why the level is what it is, or was at a moment: rebuilt from the ledger, and in words."""
    return explain_stock(actor, slug, query.at)


def _detail(slug: str) -> ProductDetail:
    return detail(existing(find_product_page(slug)))


def _require_fitting(body: NewMovement) -> None:
    """Only fields that mean something for this kind of movement. Raises Invalid."""
    for name in ("quantity", "delta", "code", "lot", "best_before", "to"):
        if getattr(body, name) is not None and name not in _FIELDS[body.kind]:
            raise Invalid.at(f"/{name}", f"means nothing for what was {body.kind}")


def _given(value: T | None, name: str) -> T:
    if value is None:
        raise Invalid.at(f"/{name}", "must be given", "required")
    return value


def _tagged(level: StockView) -> Answer[Any]:
    return Answer(stock(level), version=level.version)
