"""The demo catalogue: departments, shelves and the products of two stores. Pure.

Prices are those of the source in euros times fifty, in whole rupees; alcohol is not in the range.
"""

import csv
import random
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from importlib.resources import files

from kirana.demo import food, packing
from kirana.demo.wording import describe

RUPEES_PER_EURO = 50
PAISE = 100
STORE_KEYS = ("a", "b")
_BARCODE_PREFIX = {"a": 20, "b": 21}
_FRESH_NUMBERS_FROM = 9000
# What the brands of the source add to their name is left out on the shelf.
_BRAND = re.compile(
    r"^(?P<brand>Harmony Refresh|Nature’s Peak|OceanPearl|\w+)"
    r"( (Bakery|Fizz|Farms|Fruits|Produce|Orchards|Foods|Meats|Angus|Beef|Pantry|Snacks|Fisheries"
    r"|Seafood|Fish|Clean|Care)\b| (?:(?<=DeepBlue )Harvest|(?<=IcePeak )Premium))? "
)


@dataclass(frozen=True, slots=True)
class Department:
    """A department, or a shelf when it has a parent. ``picture`` is a file of the package."""

    slug: str
    name: str
    parent: str | None
    position: int
    well: str
    picture: str
    tax_class: str


@dataclass(frozen=True, slots=True)
class DemoProduct:
    """One product of one store. ``source`` is shared by the same product in the other store."""

    sku: str
    source: str
    store: str
    slug: str
    barcode: str
    title: str
    brand: str
    description: str
    department: str
    category: str
    unit: str
    price_minor: int
    price_per: int
    increment: int
    minimum: int
    pack_size: int | None
    pack_unit: str | None
    size_text: str
    tax_class: str
    origin: str
    diet: tuple[str, ...]
    family: str
    allergens: tuple[str, ...]
    nutrition: Mapping[str, int]
    other_names: tuple[str, ...]
    picture: str
    created_days_ago: int


@dataclass(frozen=True, slots=True)
class Catalogue:
    departments: tuple[Department, ...]
    products: tuple[DemoProduct, ...]


@dataclass(frozen=True, slots=True)
class _Shelf:
    department: Department
    diet: str
    tip: str


@dataclass(frozen=True, slots=True)
class _Item:
    """A product before it stands in a store."""

    uid: str
    number: int
    stores: str
    brand: str
    name: str
    shelf: _Shelf
    unit: str
    price_rupees: int
    increment: int
    minimum: int
    packing: packing.Packing
    origin: str = ""

    @property
    def title(self) -> str:
        return f"{self.brand} {self.name}".strip()


_DEPARTMENTS = (
    ("fruit", "Fruit", "butter", "zero"),
    ("vegetables", "Vegetables", "mint", "zero"),
    ("dairy-eggs", "Dairy & eggs", "sky", "reduced"),
    ("bakery", "Bakery", "sand", "reduced"),
    ("meat-fish", "Meat & fish", "blush", "reduced"),
    ("pantry", "Pantry", "butter", "reduced"),
    ("snacks", "Snacks", "lilac", "standard"),
    ("drinks", "Drinks", "mint", "standard"),
    ("frozen", "Frozen", "sky", "standard"),
    ("home-care", "Home & care", "lilac", "standard"),
)


def load_catalogue(seed: int) -> Catalogue:
    """The whole range. ``seed`` decides only when each product came into the shop."""
    chance = random.Random(f"catalogue {seed}")  # noqa: S311 - the same per seed
    shelves = _shelves()
    departments = (*_top_departments(), *dict.fromkeys(s.department for s in shelves.values()))
    items = (*_packed(shelves), *_fresh(shelves))
    alike = food.families(
        (store, item.name, not item.brand)
        for item in items
        for store in item.stores
        if item.shelf.department.slug != "tins"
    )
    products = tuple(
        _product(item, store, _age(chance), alike) for item in items for store in item.stores
    )
    return Catalogue(departments, products)


def picture_bytes(name: str) -> bytes:
    """The WebP of a product or department."""
    return (files(__package__) / "pictures" / name).read_bytes()


def slugged(text: str) -> str:
    """Lower-case ASCII words joined by hyphens."""
    plain = unicodedata.normalize("NFKD", text.replace("’", "")).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower().replace("&", " and ")).strip("-")


@cache
def read_table(name: str) -> tuple[dict[str, str], ...]:
    """The rows of a CSV of the package."""
    text = (files(__package__) / "data" / name).read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def _top_departments() -> tuple[Department, ...]:
    return tuple(
        Department(slug, name, None, place, well, f"department-{slug}.webp", tax)
        for place, (slug, name, well, tax) in enumerate(_DEPARTMENTS)
    )


def _shelves() -> dict[str, _Shelf]:
    """Shelves by what the sources call them."""
    tops = {top.slug: top for top in _top_departments()}
    found = {}
    for place, row in enumerate(read_table("shelves.csv")):
        top = tops[row["department"]]
        shelf = Department(
            row["slug"], row["name"], top.slug, place, top.well, top.picture, row["tax_class"]
        )
        for source in row["sources"].split():
            found[source] = _Shelf(shelf, row["diet"], row["tip"])
    return found


def _packed(shelves: dict[str, _Shelf]) -> Iterator[_Item]:
    stores = {row["uid"]: row["stores"] for row in read_table("range.csv")}
    for number, row in enumerate(read_table("products.csv"), start=1):
        if row["uid"] not in stores:
            continue
        if (words := _BRAND.match(row["name"])) is None:
            raise ValueError(f"{row['name']}: no brand before the product")
        euros = Decimal(row["retail_base_price_EUR"])
        yield _Item(
            uid=row["uid"], number=number, stores=stores[row["uid"]], brand=words["brand"],
            name=row["name"][words.end() :], shelf=shelves[row["uid"][:6]], unit="each",
            price_rupees=int((euros * RUPEES_PER_EURO).to_integral_value(ROUND_HALF_UP)),
            increment=1, minimum=1, packing=packing.packing_of(row["unit"], int(row["weight_g"])),
        )  # fmt: skip


def _fresh(shelves: dict[str, _Shelf]) -> Iterator[_Item]:
    for number, row in enumerate(read_table("fresh.csv"), start=_FRESH_NUMBERS_FROM):
        loose = row["sold_by"] == "kg"
        yield _Item(
            uid=row["uid"], number=number, stores=row["stores"], brand="", name=row["name"],
            shelf=shelves[row["shelf"]], unit="g" if loose else "each",
            price_rupees=int(row["price_rupees"]), increment=int(row["increment"]),
            minimum=int(row["minimum"]),
            packing=packing.Packing(_loose_size(loose, int(row["increment"])), None, None),
            origin=row["origin"],
        )  # fmt: skip


def _loose_size(by_weight: bool, increment: int) -> str:
    if by_weight:
        return "by weight"
    return "1 piece" if increment == 1 else f"in steps of {increment}"


def _product(
    item: _Item, store: str, created_days_ago: int, alike: set[tuple[str, str]]
) -> DemoProduct:
    shelf = item.shelf.department
    twin = store != item.stores[0]
    return DemoProduct(
        sku=item.uid if store == "a" else f"H-{item.uid}", source=item.uid, store=store,
        slug=slugged(item.title) + ("-hillside" if twin else ""),
        barcode=packing.barcode(_BARCODE_PREFIX[store], item.number), title=item.title,
        brand=item.brand,
        description=describe(item.name, item.brand, item.packing.text, item.origin, item.shelf.tip),
        department=shelf.parent or shelf.slug, category=shelf.slug, unit=item.unit,
        price_minor=item.price_rupees * PAISE, price_per=1000 if item.unit == "g" else 1,
        increment=item.increment, minimum=item.minimum, pack_size=item.packing.size,
        pack_unit=item.packing.unit, size_text=item.packing.text, tax_class=shelf.tax_class,
        origin=item.origin, diet=_diet(item), family=_family(item, store, alike),
        allergens=food.allergens_of(item.name, shelf.slug),
        nutrition=food.nutrition_table().get(item.name, {}), other_names=_other_names(item),
        picture=f"{item.uid}.webp", created_days_ago=created_days_ago,
    )  # fmt: skip


def _family(item: _Item, store: str, alike: set[tuple[str, str]]) -> str:
    is_alike = (store, item.name) in alike and item.shelf.department.slug != "tins"
    return slugged(item.name) if is_alike else ""


def _diet(item: _Item) -> tuple[str, ...]:
    words = item.name.lower()
    tags = [item.shelf.diet] if item.shelf.diet else []
    tags += [
        tag
        for tag in ("organic", "gluten-free", "sugar-free", "lactose-free", "free-range")
        if tag in words
    ]
    return tuple(tags)


def _other_names(item: _Item) -> tuple[str, ...]:
    """What the goods are called in Hindi, Tamil and elsewhere.

    By the words of their name, of packed goods by the last one: a sugar donut is no sugar.
    """
    words = item.name.lower().split()[-1 if item.brand else 0 :]
    found = (row["names"].split("|") for row in read_table("names.csv") if row["word"] in words)
    return tuple(dict.fromkeys(name for names in found for name in names))


def _age(chance: random.Random) -> int:
    """Most of the range has always been there, some of it is new."""
    return chance.randint(2, 45) if chance.random() < 0.1 else chance.randint(140, 420)
