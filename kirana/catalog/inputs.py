"""What the catalogue's verbs take, from forms and from the API alike."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

from kirana.catalog.facts import Allergen, Nutrition
from kirana.catalog.units import Unit
from kirana.catalog.views import TaxClass, Well
from kirana.platform.amounts import Money
from kirana.platform.words import END, ONE_LINE, SLUG_LENGTH

Title = Annotated[str, msgspec.Meta(min_length=1, max_length=160, pattern=ONE_LINE)]
Line = Annotated[str, msgspec.Meta(max_length=80, pattern=ONE_LINE)]
CategoryName = Annotated[str, msgspec.Meta(min_length=1, max_length=80, pattern=ONE_LINE)]
Sku = Annotated[str, msgspec.Meta(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9._/-]+" + END)]
Barcode = Annotated[str, msgspec.Meta(pattern=r"^([0-9]{8}|[0-9]{12,14})" + END)]
Description = Annotated[str, msgspec.Meta(max_length=5000)]
Steps = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
SizeText = Annotated[str, msgspec.Meta(max_length=60, pattern=ONE_LINE)]
Diet = Annotated[list[Annotated[str, msgspec.Meta(max_length=30)]], msgspec.Meta(max_length=10)]
Family = Annotated[
    str, msgspec.Meta(max_length=SLUG_LENGTH, pattern=r"^([a-z0-9]+(-[a-z0-9]+)*)?" + END)
]
Ingredients = Annotated[str, msgspec.Meta(max_length=3000)]
Allergens = Annotated[list[Allergen], msgspec.Meta(max_length=14)]
Days = Annotated[int, msgspec.Meta(ge=1, le=3650)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
Alt = Annotated[str, msgspec.Meta(max_length=200, pattern=ONE_LINE)]
OtherNames = Annotated[list[Line], msgspec.Meta(max_length=20)]
Reason = Annotated[str, msgspec.Meta(max_length=500)]
Position = Annotated[int, msgspec.Meta(ge=0, le=100_000)]


class Closed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Fields that are not listed are refused."""


class NewCategory(Closed, frozen=True):
    """A category to make; ``parent`` is a slug, or null for a department.

    ``well`` null is the colour of the category above it, of a department sand.
    """

    name: CategoryName
    parent: str | None = None
    position: Position = 0
    well: Well | None = None
    tax_class: TaxClass = "standard"


class CategoryChanges(Closed, frozen=True):
    """What is left out stays. ``parent`` null makes it a department, ``well`` null gives it the
    colour of the category above it. The slug never changes."""

    name: CategoryName | UnsetType = UNSET
    parent: str | None | UnsetType = UNSET
    position: Position | UnsetType = UNSET
    well: Well | None | UnsetType = UNSET
    tax_class: TaxClass | UnsetType = UNSET


class CategoryWish(Closed, frozen=True):
    """What a manager asks of the admin.

    ``category`` names the one to rename, move or delete; ``name`` and ``parent`` say what it
    should become. ``store`` is needed by managers of several stores.
    """

    kind: Literal["create", "rename", "move", "delete"]
    category: str | None = None
    name: CategoryName | None = None
    parent: str | None = None
    note: Reason = ""
    store: str | None = None


class NewProduct(Closed, frozen=True):
    """A product to make as a draft. ``price`` is for a piece, a kilogram or a litre.

    ``other_names`` are what people call it elsewhere. ``sku`` is made up where none is given,
    ``tax_class`` is that of the category. ``family`` is shared by the sizes of one thing.
    """

    title: Title
    category: str
    price: Money
    unit: Unit = "each"
    was_price: Money | None = None
    sku: Sku | None = None
    barcode: Barcode | None = None
    brand: Line = ""
    description: Description = ""
    increment: Steps = 1
    minimum: Steps | None = None
    pack_size: Steps | None = None
    pack_unit: Literal["g", "ml"] | None = None
    size_text: SizeText = ""
    tax_class: TaxClass | None = None
    origin: Line = ""
    diet: Diet = []
    family: Family = ""
    ingredients: Ingredients = ""
    allergens: Allergens = []
    may_contain: Allergens = []
    nutrition: Nutrition | None = None
    best_before_days: Days | None = None
    other_names: OtherNames = []


class ProductChanges(Closed, frozen=True):
    """What is left out stays; the unit and the slug of a product never change."""

    title: Title | UnsetType = UNSET
    category: str | UnsetType = UNSET
    price: Money | UnsetType = UNSET
    was_price: Money | None | UnsetType = UNSET
    sku: Sku | UnsetType = UNSET
    barcode: Barcode | None | UnsetType = UNSET
    brand: Line | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    increment: Steps | UnsetType = UNSET
    minimum: Steps | UnsetType = UNSET
    pack_size: Steps | None | UnsetType = UNSET
    pack_unit: Literal["g", "ml"] | None | UnsetType = UNSET
    size_text: SizeText | UnsetType = UNSET
    tax_class: TaxClass | UnsetType = UNSET
    origin: Line | UnsetType = UNSET
    diet: Diet | UnsetType = UNSET
    other_names: OtherNames | UnsetType = UNSET
    family: Family | UnsetType = UNSET
    ingredients: Ingredients | UnsetType = UNSET
    allergens: Allergens | UnsetType = UNSET
    may_contain: Allergens | UnsetType = UNSET
    nutrition: Nutrition | None | UnsetType = UNSET
    best_before_days: Days | None | UnsetType = UNSET


class NewPlannedPrice(Closed, frozen=True):
    """A price that becomes true at ``due_at``; ``was_price`` is shown struck through from then."""

    price: Money
    due_at: Moment
    was_price: Money | None = None


class PublicationPlan(Closed, frozen=True):
    """When a draft or hidden product goes on sale by itself."""

    publish_at: Moment


class PictureWords(Closed, frozen=True):
    """What a picture shows, for who cannot see it; empty for the product's title."""

    alt: Alt


class PictureOrder(Closed, frozen=True):
    """The names of all pictures of a product, the one for cards first."""

    names: Annotated[list[str], msgspec.Meta(max_length=8)]
