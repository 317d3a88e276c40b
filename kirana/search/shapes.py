"""What a search takes and gives."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from kirana.catalog.inputs import Closed
from kirana.catalog.views import Crumb
from kirana.platform.amounts import Money
from kirana.platform.words import ONE_LINE
from kirana.stock.filters import ShelfQuery

Word = Annotated[str, msgspec.Meta(min_length=1, max_length=80, pattern=ONE_LINE)]
Few = Annotated[int, msgspec.Meta(ge=1, le=20)]


class ProductQuery(ShelfQuery, frozen=True, forbid_unknown_fields=True):
    """A shelf query whose words are looked up in the index.

    ``sort`` is ``relevance`` where there are words and nothing else is said, else ``name``.
    """

    sort: Literal["relevance", "name", "price", "-price", "new"] | None = None  # type: ignore[assignment]

    @property
    def is_search(self) -> bool:
        return bool(self.q and self.q.strip())

    @property
    def by_relevance(self) -> bool:
        return self.is_search and self.sort in (None, "relevance")

    def shelf(self, **changed: object) -> ShelfQuery:
        """The same as a question to the database alone."""
        given = {name: getattr(self, name) for name in ShelfQuery.__struct_fields__}
        sort = "name" if self.sort in (None, "relevance") else self.sort
        return ShelfQuery(**{**given, "sort": sort, **changed})


class SuggestionQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was typed so far."""

    q: str
    limit: Few = 6


class Count(msgspec.Struct, frozen=True):
    """How many of the products found have this value."""

    value: str
    name: str
    count: int


class Band(msgspec.Struct, frozen=True):
    """How many cost ``least`` or more and less than ``below`` (null: no end), in minor units."""

    least: int
    below: int | None
    count: int


class Facets(msgspec.Struct, frozen=True, kw_only=True):
    """Counts under the filters in force; each facet is counted as if it were not set itself.

    ``understood`` is what was looked for where the words as given are not known; ``is_partial``:
    nothing has all of them, so what has any is counted. ``allergens`` count what
    ``without`` leaves out: what contains or may contain them. At most 100 values of a kind.
    """

    count: int
    understood: str | None
    is_partial: bool
    categories: tuple[Count, ...]
    brands: tuple[Count, ...]
    diets: tuple[Count, ...]
    origins: tuple[Count, ...]
    allergens: tuple[Count, ...]
    prices: tuple[Band, ...]
    offer: int
    in_stock: int


class SuggestedProduct(msgspec.Struct, frozen=True):
    """A product to go to at once."""

    slug: str
    title: str
    brand: str
    size_text: str
    picture_url: str
    price: Money
    price_per: int
    unit: str


class Suggestions(msgspec.Struct, frozen=True):
    """What may be meant by the letters typed so far."""

    products: list[SuggestedProduct]
    categories: list[Crumb]
    understood: str | None


class NewSynonym(Closed, frozen=True):
    """Two words, or short phrases, that mean the same."""

    word: Word
    other: Word


class Synonym(msgspec.Struct, frozen=True):
    """A pair that the admin keeps."""

    uid: str
    word: str
    other: str
    created_at: datetime
