"""What the shelves show: products with their price and how much is left."""

from datetime import date, datetime
from typing import Literal

import msgspec

from kirana.catalog.facts import FoodFacts
from kirana.catalog.units import Unit, UnitPrice
from kirana.catalog.views import Crumb, PictureView, ProductStatus
from kirana.stock.bands import Band

Kind = Literal["received", "sold", "returned", "adjusted", "wasted", "transferred"]


class Badge(msgspec.Struct, frozen=True):
    """A short word on a card; red is for price cuts only."""

    text: str
    tone: Literal["deal", "sun", "grey"]


class Rating(msgspec.Struct, frozen=True):
    """The mean of the reviews that are shown, in tenths of a star, and how many they are."""

    tenths: int
    count: int


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
    rating: Rating | None = None


class ShelfItem(ShelfFields, frozen=True, kw_only=True, cache_hash=True):
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
    """All that the public sees of one product; ``sizes`` are those of its family, itself too."""

    item: ShelfItem
    picture_alt: str
    description: str
    origin: str
    diet: tuple[str, ...]
    facts: FoodFacts
    barcode: str | None
    large_picture_url: str
    pictures: tuple[PictureView, ...]
    sizes: tuple[ShelfItem, ...]
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
    available: int
    low_at: int
    stock_band: Band
    version: int
    updated_at: datetime


class StockView(msgspec.Struct, frozen=True):
    """A product's level; ``version`` is its entity tag.

    ``available`` is what is on hand, in date, and reserved for nobody.
    """

    product: str
    unit: Unit
    on_hand: int
    reserved: int
    out_of_date: int
    available: int
    tracks_lots: bool
    low_at: int
    stock_band: Band
    version: int


class LotPart(msgspec.Struct, frozen=True):
    """What a lot had in a movement."""

    code: str
    best_before: date | None
    delta: int


class Movement(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the ledger; ``by`` is who did it, empty for the system.

    ``cause``: an order (``order`` is its number, for who may read it), a transfer (``transfer``
    names it at both ends), or what a person did.
    """

    kind: Kind
    delta: int
    balance_after: int
    cause: Literal["order", "transfer", "person"]
    order: str | None
    transfer: str | None
    reason_code: str | None
    reason: str
    lots: tuple[LotPart, ...]
    by: str
    at: datetime


class LotView(msgspec.Struct, frozen=True, kw_only=True):
    """Goods of one delivery; from ``sold_until`` on they are not sold. 0 days: today is the last.

    ``days_left`` is None for goods that keep, and below 0 for what is out of date.
    """

    code: str
    best_before: date | None
    sold_until: datetime | None
    on_hand: int
    days_left: int | None
    out_of_date: bool
    received_at: datetime


class StoryPart(msgspec.Struct, frozen=True, kw_only=True):
    """Movements of one kind, in or out: how many, how much in all, from when to when."""

    kind: Kind
    code: str | None
    delta: int
    movements: int
    first_at: datetime
    last_at: datetime


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """A level at a moment as its ledger explains it; the parts add up to ``on_hand``."""

    product: str
    unit: Unit
    at: datetime
    on_hand: int
    text: str
    parts: tuple[StoryPart, ...]


class Target(msgspec.Struct, frozen=True):
    """A product that goods may be sent to."""

    slug: str
    title: str
    store: str
