"""What the shelves show: products with their price and how much is left."""

from datetime import datetime
from typing import Literal

import msgspec

from kirana.catalog.units import Unit, UnitPrice
from kirana.catalog.views import Crumb, ProductStatus
from kirana.stock.bands import Band


class Badge(msgspec.Struct, frozen=True):
    """A short word on a card; red is for price cuts only."""

    text: str
    tone: Literal["deal", "sun", "grey"]


class ShelfFields(msgspec.Struct, frozen=True, kw_only=True):
    """What every visitor sees of a product, but for money and stock."""

    slug: str
    title: str
    brand: str
    size_text: str
    category: str
    store: str
    picture_url: str
    unit: Unit
    price_per: int
    increment: int
    minimum: int


class ShelfItem(ShelfFields, frozen=True, kw_only=True):
    """A product on a shelf, the same for every visitor.

    ``few_left`` is how much is left when the band is ``few``, in steps of ``unit``.
    """

    store_name: str
    well: str
    price_minor: int
    was_minor: int | None
    unit_price: UnitPrice | None
    badges: tuple[Badge, ...]
    stock_band: Band
    few_left: int | None


class ProductPage(msgspec.Struct, frozen=True, kw_only=True):
    """All that the public sees of one product."""

    item: ShelfItem
    picture_alt: str
    description: str
    origin: str
    diet: tuple[str, ...]
    barcode: str | None
    large_picture_url: str
    tax_class: str
    breadcrumb: tuple[Crumb, ...]
    published_at: datetime


class StockedProduct(msgspec.Struct, frozen=True, kw_only=True):
    """A row in the manager's list of products; quantities in steps of ``unit``."""

    slug: str
    title: str
    brand: str
    sku: str
    barcode: str | None
    category: str
    category_name: str
    size_text: str
    picture_url: str
    unit: Unit
    price_minor: int
    was_minor: int | None
    price_per: int
    status: ProductStatus
    on_hand: int
    reserved: int
    low_at: int
    stock_band: Band
    version: int
    updated_at: datetime


class StockView(msgspec.Struct, frozen=True):
    """A product's level; ``version`` is its entity tag."""

    product: str
    unit: Unit
    on_hand: int
    reserved: int
    available: int
    low_at: int
    stock_band: Band
    version: int


class Movement(msgspec.Struct, frozen=True):
    """One row of the ledger; ``by`` is who did it, empty for the system."""

    kind: Literal["received", "sold", "returned", "adjusted", "wasted", "transferred"]
    delta: int
    balance_after: int
    reason: str
    by: str
    at: datetime
