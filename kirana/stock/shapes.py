"""How shelves and stock look in JSON."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from kirana.catalog.inputs import Closed, Reason
from kirana.catalog.shapes import money
from kirana.catalog.units import Unit
from kirana.catalog.views import Crumb, ProductStatus
from kirana.platform.amounts import Money, Quantity
from kirana.stock.bands import Band
from kirana.stock.views import MovementView, ProductPage, ShelfItem, StockedProduct, StockView

Amount = Annotated[int, msgspec.Meta(ge=1, le=10**9)]
Level = Annotated[int, msgspec.Meta(ge=0, le=10**12)]


class UnitCost(msgspec.Struct, frozen=True):
    """What a kilogram or a litre costs."""

    price: Money
    per: Literal["kg", "l"]


class ProductSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A product in a list. ``price`` buys ``price_per`` steps of ``unit``."""

    slug: str
    title: str
    brand: str
    size_text: str
    category: str
    store: str
    unit: Unit
    price: Money
    was_price: Money | None
    price_per: int
    increment: int
    minimum: int
    unit_price: UnitCost | None
    stock: Band
    few_left: Quantity | None
    picture_url: str


class ProductDetail(ProductSummary, frozen=True, kw_only=True):
    """All that the public sees of a product."""

    store_name: str
    description: str
    origin: str
    diet: tuple[str, ...]
    barcode: str | None
    tax_class: str
    large_picture_url: str
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


class Movement(msgspec.Struct, frozen=True):
    """One row of the ledger, in steps of the product's unit."""

    kind: Literal["received", "sold", "returned", "adjusted", "wasted", "transferred"]
    delta: int
    balance_after: int
    reason: str
    by: str
    at: datetime


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


def summary(item: ShelfItem) -> ProductSummary:
    return ProductSummary(**_summary(item))


def detail(page: ProductPage) -> ProductDetail:
    return ProductDetail(
        **_summary(page.item),
        store_name=page.item.store_name,
        description=page.description,
        origin=page.origin,
        diet=page.diet,
        barcode=page.barcode,
        tax_class=page.tax_class,
        large_picture_url=page.large_picture_url,
        breadcrumb=page.breadcrumb,
        published_at=page.published_at,
    )


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


def movement(row: MovementView) -> Movement:
    return Movement(row.kind, row.delta, row.balance_after, row.reason, row.by, row.at)


def _summary(item: ShelfItem) -> dict[str, Any]:
    same = (
        "slug", "title", "brand", "size_text", "category", "store", "unit", "price_per",
        "increment", "minimum", "picture_url",
    )  # fmt: skip
    cost = item.unit_price
    return {
        **{name: getattr(item, name) for name in same},
        "price": money(item.price_minor),
        "was_price": None if item.was_minor is None else money(item.was_minor),
        "unit_price": UnitCost(money(cost.amount_minor), cost.per) if cost else None,
        "stock": item.stock_band,
        "few_left": None if item.few_left is None else Quantity(item.few_left, item.unit),
    }
