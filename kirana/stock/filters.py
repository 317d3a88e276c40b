"""What a shelf can be filtered and sorted by, as conditions on the catalogue's tables."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Annotated, Any, Literal

import msgspec
from sqlalchemy import ColumnElement, Text, and_, bindparam, cast, func, or_, select

from kirana.catalog.facts import ALLERGENS, STRICTER, Allergen
from kirana.catalog.models import Product
from kirana.catalog.queries import family_of
from kirana.platform.errors import Invalid
from kirana.platform.money import LARGEST
from kirana.platform.paging import PageQuery, after, decode_cursor
from kirana.platform.words import folded
from kirana.stock.availability import NOW, available
from kirana.stock.models import StockLevel
from kirana.stores.models import Store

Sort = Literal["name", "price", "-price", "new"]
# The names of the filters that a query has, and how many words (or "nothing": none that is one).
Shape = tuple[Any, ...]
PriceBound = Annotated[int, msgspec.Meta(ge=0, le=LARGEST)]
MOST_WORDS = 8
LONGEST_WORD = 40
LONGEST_SEARCH = 400
_ESCAPE = "\\"
_AS_ASKED = ("category", "store", "brand", "origin", "price_min", "price_max")


class ShelfQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """Filters of the public product list; prices in minor units of ``price_per`` steps.

    ``category`` includes the shelves below it; ``offer`` asks for lowered prices; ``q`` finds words
    of title, brand and other names by their beginning, in any case, with or without accents;
    ``without`` leaves out what contains or may contain any of these allergens, as far as that is
    told; what is vegan is found as vegetarian too.
    """

    q: str | None = None
    category: str | None = None
    store: str | None = None
    price_min: PriceBound | None = None
    price_max: PriceBound | None = None
    in_stock: bool = False
    added_since: date | None = None
    brand: str | None = None
    diet: str | None = None
    origin: str | None = None
    without: Annotated[tuple[Allergen, ...], msgspec.Meta(max_length=len(ALLERGENS))] = ()
    offer: bool = False
    sort: Sort = "name"

    @property
    def is_rare(self) -> bool:
        """Whether hardly anybody else asks for the same: not worth the way to Redis and back."""
        bounds = self.price_min or self.price_max or self.added_since
        return bool(self.q or self.cursor or bounds)


@dataclass(frozen=True, slots=True)
class Order:
    """How a list is sorted; the slug decides between equals, so that pages never overlap."""

    column: Any
    kind: type
    descending: bool

    def by(self) -> list[Any]:
        columns = [self.column, Product.slug]
        return [column.desc() for column in columns] if self.descending else columns

    def behind(self) -> ColumnElement[bool]:
        """Rows behind the one that a cursor names; executed with ``place``."""
        kind = self.column.type
        place = [bindparam("place_value", type_=kind), bindparam("place_slug", type_=Text)]
        return after([self.column, Product.slug], place, self.descending)

    def place(self, sort: str, cursor: str) -> dict[str, Any]:
        """The row that ``cursor`` names. Raises Invalid."""
        given, value, slug = decode_cursor(cursor, [str, self.kind, str])
        if given != sort:
            raise Invalid.at("/cursor", "belongs to another sort order", "invalid_cursor")
        return {"place_value": value, "place_slug": slug}

    def key(self, sort: str, row: Any) -> tuple[str, Any, str]:
        value = getattr(row, self.column.key)
        return sort, value.isoformat() if isinstance(value, datetime) else value, row.slug


ORDERS: dict[str, Order] = {
    "name": Order(Product.sort_key, str, descending=False),
    "price": Order(Product.price_minor, int, descending=False),
    "-price": Order(Product.price_minor, int, descending=True),
    "new": Order(Product.published_at, datetime, descending=True),
}


def shape_of(wanted: ShelfQuery) -> Shape:
    """Which filters ``wanted`` has, apart from what they ask for; of words, how many."""
    asked = ((name, getattr(wanted, name)) for name in _FILTERS)
    given = [name for name, value in asked if value is not None and value is not False]
    given += [f"without_{number}" for number in range(len(wanted.without))]
    words = _words(wanted.q)
    return (*given, "nothing" if words == [] else len(words or ()))


def is_filtered(wanted: ShelfQuery) -> bool:
    """Whether ``wanted`` asks for anything but an order and a place in it."""
    return shape_of(wanted) != (0,)


def conditions(shape: Shape, is_broad: bool = False) -> list[ColumnElement[bool]]:
    """The filters of ``shape``, all of which must hold, for products joined with their level.

    Made once for many queries: executed with ``availability.at`` and ``values_of`` a query.
    ``is_broad``: so much lies within the price bounds that a page is found by going through the
    list in its order. The databases would rather sort all of it.
    """
    *given, words = shape
    filters = _FILTERS | _BROAD if is_broad else _FILTERS
    found = [filters[name] if name in filters else _lacks(name) for name in given]
    if words == "nothing":
        return [*found, Product.id.is_(None)]  # punctuation was asked for, and no title is that
    return [*found, *(_has_word(f"word_{number}") for number in range(words))]


def values_of(wanted: ShelfQuery) -> dict[str, Any]:
    """What the filters of ``wanted`` ask for, by the names that ``conditions`` has for them."""
    values: dict[str, Any] = {name: getattr(wanted, name) for name in _AS_ASKED}
    values |= {f"without_{n}": json.dumps(name) for n, name in enumerate(wanted.without)}
    if (since := wanted.added_since) is not None:
        values["added_since"] = datetime.combine(since, time.min, UTC)
    if (diet := wanted.diet) is not None:
        values |= {"diet": json.dumps(diet), "diet_plain": json.dumps(diet, ensure_ascii=False)}
        values["diet_stricter"] = json.dumps(STRICTER.get(diet, diet))
    return values | {f"word_{n}": _begun(word) for n, word in enumerate(_words(wanted.q) or ())}


# Asked of one product after the other, so that a page costs what it shows and not what there is.
_IN_STOCK = (
    select(StockLevel.product_id)
    .where(StockLevel.product_id == Product.id, available(NOW) >= Product.minimum)
    .correlate(Product)
    .exists()
)


def _holds(column: Any, name: str) -> ColumnElement[bool]:
    """Whether a list of words holds one, as either database writes JSON: it is another without it.

    LIKE would go by the case on one of them only.
    """
    return func.replace(cast(column, Text), bindparam(name), "") != cast(column, Text)


def _lacks(name: str) -> ColumnElement[bool]:
    """Neither contains nor may contain the allergen."""
    return and_(*(~_holds(column, name) for column in (Product.allergens, Product.may_contain)))


# What a list can be narrowed by, by the fields of the query.
_FILTERS = {
    "in_stock": _IN_STOCK,
    "offer": Product.was_minor > Product.price_minor,
    "category": Product.category_id.in_(family_of(bindparam("category", type_=Text))),
    # One key: PostgreSQL keeps the order of an index for it, and not for a join that finds one row.
    "store": Product.store_id
    == select(Store.id).where(Store.slug == bindparam("store")).scalar_subquery(),
    "brand": Product.brand == bindparam("brand"),
    "diet": or_(*(_holds(Product.diet, f"diet{way}") for way in ("", "_plain", "_stricter"))),
    "origin": Product.origin == bindparam("origin"),
    "price_min": Product.price_minor >= bindparam("price_min"),
    "price_max": Product.price_minor <= bindparam("price_max"),
    "added_since": Product.published_at >= bindparam("added_since"),
}
# No index is of this, so none is taken for it.
_PRICE = Product.price_minor + 0
_BROAD = {
    "price_min": bindparam("price_min") <= _PRICE,
    "price_max": bindparam("price_max") >= _PRICE,
}


def searched(text: str | None) -> Iterator[ColumnElement[bool]]:
    """Each word must begin a word of title or brand. Blank text filters nothing."""
    words = _words(text)
    if words == []:
        yield Product.id.is_(None)
    for word in words or ():
        yield Product.search_text.like(_begun(word), escape=_ESCAPE)


def _words(text: str | None) -> list[str] | None:
    """The words that are looked for; None where nothing was asked for."""
    if text is None or not text.strip():
        return None
    return folded(text[:LONGEST_SEARCH]).split()[:MOST_WORDS]


def _has_word(name: str) -> ColumnElement[bool]:
    return Product.search_text.like(bindparam(name), escape=_ESCAPE)


def _begun(word: str) -> str:
    return f"% {_literal(word[:LONGEST_WORD])}%"


def _literal(word: str) -> str:
    for special in (_ESCAPE, "%", "_"):
        word = word.replace(special, _ESCAPE + special)
    return word
