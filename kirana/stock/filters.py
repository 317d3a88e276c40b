"""What a shelf can be filtered and sorted by, as conditions on the catalogue's tables."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Annotated, Any, Literal

import msgspec
from sqlalchemy import ColumnElement, Text, cast, or_, select

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
PriceBound = Annotated[int, msgspec.Meta(ge=0, le=LARGEST)]
MOST_WORDS = 8
LONGEST_WORD = 40
LONGEST_SEARCH = 400
_ESCAPE = "\\"


class ShelfQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """Filters of the public product list; prices in minor units of ``price_per`` steps.

    ``category`` includes the shelves below it; ``offer`` asks for lowered prices; ``q`` finds words
    of title, brand and other names by their beginning, in any case, with or without accents.
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
    offer: bool = False
    sort: Sort = "name"

    @property
    def is_rare(self) -> bool:
        """Whether hardly anybody else asks for the same."""
        return bool(self.cursor or self.price_min or self.price_max or self.added_since)


@dataclass(frozen=True, slots=True)
class Order:
    """How a list is sorted; the slug decides between equals, so that pages never overlap."""

    column: Any
    kind: type
    descending: bool

    def by(self) -> list[Any]:
        columns = [self.column, Product.slug]
        return [column.desc() for column in columns] if self.descending else columns

    def behind(self, sort: str, cursor: str) -> ColumnElement[bool]:
        """Rows behind the one that ``cursor`` names. Raises Invalid."""
        given, value, slug = decode_cursor(cursor, [str, self.kind, str])
        if given != sort:
            raise Invalid.at("/cursor", "belongs to another sort order", "invalid_cursor")
        return after([self.column, Product.slug], [value, slug], self.descending)

    def key(self, sort: str, row: Any) -> tuple[str, Any, str]:
        value = getattr(row, self.column.key)
        return sort, value.isoformat() if isinstance(value, datetime) else value, row.slug


ORDERS: dict[str, Order] = {
    "name": Order(Product.sort_key, str, descending=False),
    "price": Order(Product.price_minor, int, descending=False),
    "-price": Order(Product.price_minor, int, descending=True),
    "new": Order(Product.published_at, datetime, descending=True),
}


def conditions(wanted: ShelfQuery) -> Iterator[ColumnElement[bool]]:
    """The filters of ``wanted``, all of which must hold, for products joined with their level.

    Executed with ``availability.at``.
    """
    if wanted.category is not None:
        yield Product.category_id.in_(family_of(wanted.category))
    if wanted.store is not None:
        yield Store.slug == wanted.store
    if wanted.price_min is not None:
        yield Product.price_minor >= wanted.price_min
    if wanted.price_max is not None:
        yield Product.price_minor <= wanted.price_max
    if wanted.added_since is not None:
        yield Product.published_at >= datetime.combine(wanted.added_since, time.min, UTC)
    if wanted.in_stock:
        yield _IN_STOCK
    if wanted.brand is not None:
        yield Product.brand == wanted.brand
    if wanted.diet is not None:
        yield _tagged(wanted.diet)
    if wanted.offer:
        yield Product.was_minor > Product.price_minor
    yield from searched(wanted.q)


# Asked of one product after the other, so that a page costs what it shows and not what there is.
_IN_STOCK = (
    select(StockLevel.product_id)
    .where(StockLevel.product_id == Product.id, available(NOW) >= Product.minimum)
    .correlate(Product)
    .exists()
)


def searched(text: str | None) -> Iterator[ColumnElement[bool]]:
    """Each word must begin a word of title or brand. Blank text filters nothing."""
    if text is None or not text.strip():
        return
    words = folded(text[:LONGEST_SEARCH]).split()[:MOST_WORDS]
    if not words:
        # Nothing but punctuation was asked for, and no title is that.
        yield Product.id.is_(None)
    for word in words:
        yield Product.search_text.like(f"% {_literal(word[:LONGEST_WORD])}%", escape=_ESCAPE)


def _tagged(tag: str) -> ColumnElement[bool]:
    """Whether a product's list of diets holds ``tag``, as either database writes JSON."""
    listed = cast(Product.diet, Text)
    ways = {json.dumps(tag), json.dumps(tag, ensure_ascii=False)}
    return or_(*(listed.like(f"%{_literal(way)}%", escape=_ESCAPE) for way in sorted(ways)))


def _literal(word: str) -> str:
    for special in (_ESCAPE, "%", "_"):
        word = word.replace(special, _ESCAPE + special)
    return word
