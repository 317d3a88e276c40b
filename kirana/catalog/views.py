"""What the catalogue's queries return."""

from datetime import datetime
from typing import Literal

import msgspec

from kirana.catalog.facts import Allergen, Nutrition
from kirana.catalog.units import Unit

TaxClass = Literal["zero", "reduced", "standard"]
Well = Literal["mint", "butter", "blush", "sky", "lilac", "sand"]
ProductStatus = Literal["draft", "published", "hidden", "archived"]


class Crumb(msgspec.Struct, frozen=True):
    """One step of the way from the department to where one is."""

    slug: str
    name: str


class Department(msgspec.Struct, frozen=True):
    """A category with what is on sale in it and below it."""

    slug: str
    name: str
    well: str
    picture_url: str
    product_count: int
    children: tuple["Department", ...] = ()


class CategoryPage(msgspec.Struct, frozen=True):
    """One category: its way down from the department, itself included, and its shelves."""

    slug: str
    name: str
    well: str
    picture_url: str
    product_count: int
    breadcrumb: tuple[Crumb, ...]
    children: tuple[Department, ...]


class CategoryView(msgspec.Struct, frozen=True):
    """A category as the admin edits it; ``version`` is its entity tag.

    ``own_well``: its colour is its own, not that of the category above it.
    """

    slug: str
    name: str
    parent: str | None
    position: int
    picture_url: str
    well: Well
    own_well: bool
    tax_class: TaxClass
    product_count: int
    version: int


class ManagedFields(msgspec.Struct, frozen=True, kw_only=True):
    """What a product's managers see of it, but for money; ``version`` is its entity tag."""

    slug: str
    store: str
    category: str
    sku: str
    barcode: str | None
    title: str
    brand: str
    description: str
    unit: Unit
    price_per: int
    increment: int
    minimum: int
    pack_size: int | None
    pack_unit: Literal["g", "ml"] | None
    size_text: str
    tax_class: TaxClass
    origin: str
    diet: list[str]
    family: str
    ingredients: str
    allergens: list[Allergen]
    may_contain: list[Allergen]
    nutrition: Nutrition | None
    best_before_days: int | None
    other_names: list[str]
    status: ProductStatus
    legal_moves: tuple[str, ...]
    picture_url: str
    version: int
    published_at: datetime | None
    publish_at: datetime | None
    created_at: datetime
    updated_at: datetime


class ProductView(ManagedFields, frozen=True, kw_only=True):
    """A product as its managers see it. ``price_minor`` buys ``price_per`` steps of ``unit``."""

    price_minor: int
    was_minor: int | None
    picture_alt: str


class PriceView(msgspec.Struct, frozen=True):
    """A price and when it was true; the current one has no end."""

    amount_minor: int
    valid_from: datetime
    valid_until: datetime | None


class PlannedPriceView(msgspec.Struct, frozen=True):
    """A price that is to become true at ``due_at``, or was, or was called off."""

    uid: str
    amount_minor: int
    was_minor: int | None
    due_at: datetime
    status: Literal["planned", "applied", "cancelled"]
    ended_at: datetime | None


class PictureView(msgspec.Struct, frozen=True):
    """A picture in its three sizes (640, 320 and 160 pixels at most); the large one's are told.

    ``name`` stands for it in the addresses of its managers.
    """

    name: str
    url: str
    small_url: str
    tiny_url: str
    width: int
    height: int
    alt: str


class RequestView(msgspec.Struct, frozen=True):
    """What a manager asks for, and what became of it."""

    uid: str
    kind: Literal["create", "rename", "move", "delete"]
    category: str | None
    name: str | None
    parent: str | None
    note: str
    store: str
    requester: str
    status: Literal["requested", "approved", "rejected", "withdrawn"]
    reason: str
    created_at: datetime
    decided_at: datetime | None
