"""How shelves and stock look in JSON."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from kirana.catalog.inputs import Closed, Reason
from kirana.catalog.shapes import money
from kirana.catalog.units import UnitPrice
from kirana.catalog.views import Crumb, ProductStatus
from kirana.platform.amounts import Money, Quantity
from kirana.stock.bands import Band
from kirana.stock.views import (
    ProductPage,
    ShelfFields,
    ShelfItem,
    StockedProduct,
    StockView,
)

Amount = Annotated[int, msgspec.Meta(ge=1, le=10**9)]
Level = Annotated[int, msgspec.Meta(ge=0, le=10**12)]


class UnitCost(msgspec.Struct, frozen=True):
    """What a kilogram or a litre costs."""

    price: Money
    per: Literal["kg", "l"]


class ProductSummary(ShelfFields, frozen=True, kw_only=True):
    """A product in a list. ``price`` buys ``price_per`` steps of ``unit``."""

    price: Money
    was_price: Money | None
    unit_price: UnitCost | None
    stock: Band
    few_left: Quantity | None


class ProductDetail(ProductSummary, frozen=True, kw_only=True):
    """All that the public sees of a product."""

    store_name: str
    description: str
    origin: str
    diet: tuple[str, ...]
    barcode: str | None
    large_picture_url: str
    tax_class: str
    breadcrumb: tuple[Crumb, ...]
    published_at: datetime


class StoreProduct(msgspec.Struct, frozen=True, kw_only=True):
    """A row in the manager's list."""

    slug: str
    title: str
    brand: str
    sku: str
    barcode: str | None
    category: str
    size_text: str
    status: ProductStatus
    price: Money
    price_per: int
    on_hand: Quantity
    reserved: Quantity
    low_at: Quantity
    stock: Band
    picture_url: str
    version: int
    updated_at: datetime


class Stock(msgspec.Struct, frozen=True, kw_only=True):
    """A product's level; ``version`` is its entity tag."""

    product: str
    on_hand: Quantity
    reserved: Quantity
    available: Quantity
    low_at: Quantity
    stock: Band
    version: int


class NewMovement(Closed, frozen=True):
    """Goods that came in, were wasted, or a level that is mended by ``delta``."""

    kind: Literal["received", "wasted", "adjusted"]
    quantity: Amount | None = None
    delta: int | None = None
    reason: Reason = ""


class StockChanges(Closed, frozen=True):
    """``on_hand`` is what was counted (needs If-Match); ``low_at`` when to show "few left"."""

    on_hand: Level | None = None
    low_at: Level | None = None
    reason: Reason = ""


# What a product's own page adds to the shelf.
_ADDED = tuple(
    name for name in ProductPage.__struct_fields__ if name not in ("item", "picture_alt")
)


def summary(item: ShelfItem) -> ProductSummary:
    return ProductSummary(**_summary(item))


def detail(page: ProductPage) -> ProductDetail:
    added = {name: getattr(page, name) for name in _ADDED}
    return ProductDetail(**_summary(page.item), **added, store_name=page.item.store_name)


def store_product(row: StockedProduct) -> StoreProduct:
    same = (
        "slug", "title", "brand", "sku", "barcode", "category", "size_text", "status",
        "price_per", "picture_url", "version", "updated_at",
    )  # fmt: skip
    return StoreProduct(
        **{name: getattr(row, name) for name in same},
        price=money(row.price_minor),
        on_hand=Quantity(row.on_hand, row.unit),
        reserved=Quantity(row.reserved, row.unit),
        low_at=Quantity(row.low_at, row.unit),
        stock=row.stock_band,
    )


def stock(level: StockView) -> Stock:
    return Stock(
        product=level.product,
        on_hand=Quantity(level.on_hand, level.unit),
        reserved=Quantity(level.reserved, level.unit),
        available=Quantity(level.available, level.unit),
        low_at=Quantity(level.low_at, level.unit),
        stock=level.stock_band,
        version=level.version,
    )


def unit_cost(cost: UnitPrice | None) -> UnitCost | None:
    return UnitCost(money(cost.amount_minor), cost.per) if cost else None


def _summary(item: ShelfItem) -> dict[str, Any]:
    return {
        **{name: getattr(item, name) for name in ShelfFields.__struct_fields__},
        "price": money(item.price_minor),
        "was_price": None if item.was_minor is None else money(item.was_minor),
        "unit_price": unit_cost(item.unit_price),
        "stock": item.stock_band,
        "few_left": None if item.few_left is None else Quantity(item.few_left, item.unit),
    }
