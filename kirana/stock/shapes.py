"""How shelves and stock look in JSON."""

from datetime import date, datetime
from operator import attrgetter
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from kirana.catalog.facts import FoodFacts
from kirana.catalog.inputs import Closed
from kirana.catalog.shapes import currency, money
from kirana.catalog.units import UnitPrice
from kirana.catalog.views import Crumb, PictureView, ProductStatus
from kirana.platform.amounts import Money, Quantity
from kirana.platform.words import ONE_LINE
from kirana.stock.bands import Band
from kirana.stock.lots import LONGEST_CODE
from kirana.stock.models import LONGEST_REASON
from kirana.stock.views import (
    ProductPage,
    ShelfFields,
    ShelfItem,
    StockedProduct,
    StockView,
)

T = TypeVar("T", bound=msgspec.Struct)
Amount = Annotated[int, msgspec.Meta(ge=1, le=10**9)]
LotCode = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_CODE, pattern=ONE_LINE)]
# As much as the ledger keeps.
Why = Annotated[str, msgspec.Meta(max_length=LONGEST_REASON)]
WasteCode = Literal["expired", "spoilt", "damaged", "lost", "sample", "other"]
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
    """All that the public sees of a product; ``sizes`` are those of its family, itself too."""

    store_name: str
    description: str
    origin: str
    diet: tuple[str, ...]
    facts: FoodFacts
    barcode: str | None
    large_picture_url: str
    pictures: tuple[PictureView, ...]
    sizes: tuple[ProductSummary, ...]
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
    available: Quantity
    low_at: Quantity
    stock: Band
    picture_url: str
    version: int
    updated_at: datetime


class Stock(msgspec.Struct, frozen=True, kw_only=True):
    """A product's level; ``version`` is its entity tag.

    ``available`` is what is on hand, in date, and reserved for nobody.
    """

    product: str
    on_hand: Quantity
    reserved: Quantity
    out_of_date: Quantity
    available: Quantity
    tracks_lots: bool
    low_at: Quantity
    stock: Band
    version: int


class NewMovement(Closed, frozen=True):
    """Goods that came in, were wasted (``code`` says why) or go to the product ``to`` (yours, in
    the same unit), or a level that is mended by ``delta``, for a ``reason``.

    ``lot`` is a code, where lots are kept: of the delivery, else of what to take from; goods go
    first expired first if it is left out. ``best_before`` is the last day in the store's zone.
    """

    kind: Literal["received", "wasted", "adjusted", "transferred"]
    quantity: Amount | None = None
    delta: int | None = None
    code: WasteCode | None = None
    lot: LotCode | None = None
    best_before: date | None = None
    to: str | None = None
    reason: Why = ""


class StockChanges(Closed, frozen=True):
    """``on_hand`` is what was counted (needs If-Match); ``low_at`` when to show "few left";
    ``tracks_lots`` whether lots are kept. One of them."""

    on_hand: Level | None = None
    low_at: Level | None = None
    tracks_lots: bool | None = None
    reason: Why = ""


_AMOUNTS = ("on_hand", "reserved", "out_of_date", "available", "low_at")
_shelf_fields = attrgetter(*ShelfFields.__struct_fields__)
# What a product's own page adds to the shelf as it is.
_ADDED = tuple(
    name for name in ProductPage.__struct_fields__ if name not in ("item", "picture_alt", "sizes")
)


def summary(item: ShelfItem) -> ProductSummary:
    return ProductSummary(**_summary(item))


def detail(page: ProductPage) -> ProductDetail:
    added = {name: getattr(page, name) for name in _ADDED}
    return ProductDetail(
        **_summary(page.item),
        **added,
        store_name=page.item.store_name,
        sizes=tuple(summary(item) for item in page.sizes),
    )


def store_product(row: StockedProduct) -> StoreProduct:
    return _with_quantities(StoreProduct, row, price=money(row.price_minor))


def stock(level: StockView) -> Stock:
    return _with_quantities(Stock, level)


def _with_quantities(shape: type[T], row: StockedProduct | StockView, **other: Any) -> T:
    """The fields that ``shape`` shares with ``row``; amounts of stock with their unit."""
    given = {"stock": row.stock_band} | other
    same = {name: getattr(row, name) for name in shape.__struct_fields__ if name not in given}
    amounts = {name: Quantity(same[name], row.unit) for name in _AMOUNTS if name in same}
    return shape(**(same | amounts | given))


def unit_cost(cost: UnitPrice | None) -> UnitCost | None:
    return UnitCost(money(cost.amount_minor), cost.per) if cost else None


def _summary(item: ShelfItem) -> dict[str, Any]:
    code, was, cost = currency(), item.was_minor, item.unit_price
    return {
        **dict(zip(ShelfFields.__struct_fields__, _shelf_fields(item), strict=True)),
        "price": Money(item.price_minor, code),
        "was_price": None if was is None else Money(was, code),
        "unit_price": UnitCost(Money(cost.amount_minor, code), cost.per) if cost else None,
        "stock": item.stock_band,
        "few_left": None if item.few_left is None else Quantity(item.few_left, item.unit),
    }
