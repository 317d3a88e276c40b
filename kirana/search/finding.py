"""What is found: the index says which products and in which order, the database what they are.

Hidden and deleted goods, and those of closed stores, are left out by the database, however old
the index is. Where there is no index, the database searches by itself.
"""

from kirana.platform.errors import Invalid
from kirana.platform.paging import Page, decode_cursor, encode_cursor
from kirana.search import queries
from kirana.search.asking import Question, Synonyms, both, keyed, synonyms_of, words_of
from kirana.search.filters import fixed, number_of
from kirana.search.reading import Snapshot, ask, kept
from kirana.search.schema import WEIGHT
from kirana.search.shapes import ProductQuery
from kirana.stock.filters import ShelfQuery, is_filtered
from kirana.stock.queries import ItemsOf, count_shelf, items_of, keys_that_fit, list_shelf
from kirana.stock.views import ShelfItem

# Nobody looks at more hits of a search; further ones are found by another word or a filter.
MOST_HITS = 1000
# So many rows are sorted for a page sooner than a page of a million is walked through.
MOST_SORTED = 2000
# Where filters leave few of the hits, each further look at the database takes so many more.
GROWTH = 4


def synonyms() -> Synonyms:
    """What the admin keeps, read once for each version of the catalogue."""
    return kept("synonyms", lambda: synonyms_of(queries.synonym_pairs()))


def find_products(wanted: ProductQuery, items_of: ItemsOf = items_of) -> Page[ShelfItem]:
    """One page of what is on sale and fits. Raises Invalid (cursor)."""
    if not wanted.is_search:
        return list_shelf(wanted.shelf(), is_broad=_is_broad(wanted), items_of=items_of)
    found = ask(lambda snapshot: _Search(snapshot, wanted))
    if found is None:
        return list_shelf(wanted.shelf(), items_of=items_of)
    rest = wanted.shelf(q=None)
    if not wanted.by_relevance:
        return list_shelf(rest, found.keys(), items_of=items_of)
    return found.page(rest, items_of)


def count_products(wanted: ProductQuery) -> int:
    """How many fit. Of a search no more than the hits that anybody looks at are counted exactly.

    The index counts what it knows, a second late at most: counted by the database a large shop's
    list would cost what there is and not what it shows.
    """
    if not wanted.is_search:
        return _count_all(wanted)
    found = ask(lambda snapshot: _Search(snapshot, wanted))
    if found is None:
        return count_shelf(wanted.shelf(cursor=None))
    if found.count > MOST_HITS and not needs_database(wanted):
        return found.count
    return count_shelf(wanted.shelf(q=None, cursor=None), found.keys())


def _is_broad(wanted: ProductQuery) -> bool:
    """Whether so much lies within its price bounds that to sort it would take long."""
    if wanted.price_min is None and wanted.price_max is None:
        return False
    number = ask(lambda snapshot: number_of(snapshot, wanted))
    return number is not None and number > MOST_SORTED


def _count_all(wanted: ProductQuery) -> int:
    by_index = wanted.added_since is None
    number = ask(lambda snapshot: number_of(snapshot, wanted)) if by_index else None
    return count_shelf(wanted.shelf(cursor=None)) if number is None else number


def needs_database(wanted: ProductQuery) -> bool:
    """Whether a filter is about what the index must not decide: prices, stock, dates."""
    bounds = (wanted.price_min, wanted.price_max, wanted.added_since)
    return wanted.in_stock or any(bound is not None for bound in bounds)


class _Search:
    """The hits of one search in one snapshot."""

    def __init__(self, snapshot: Snapshot, wanted: ProductQuery) -> None:
        self._snapshot = snapshot
        self._wanted = wanted
        question = Question(snapshot, words_of(wanted.q or ""), synonyms())
        self._query = both([question.query, *fixed(snapshot, wanted)])
        self._hits: list[int] = []
        self.count = 0
        self._look(self._first_look())

    def _first_look(self) -> int:
        if needs_database(self._wanted) or not self._wanted.by_relevance:
            return MOST_HITS
        return min(MOST_HITS, _start(self._wanted) + self._wanted.limit + 1)

    def _look(self, most: int) -> None:
        result = self._snapshot.searcher.search(self._query, most, weight_by_field=WEIGHT)
        self._hits = keyed(self._snapshot, [address for _, address in result.hits])
        self.count = int(getattr(result, "count", len(self._hits)) or 0)

    def keys(self) -> list[int]:
        """All hits that are looked at."""
        if len(self._hits) < min(self.count, MOST_HITS):
            self._look(MOST_HITS)
        return self._hits

    def page(self, rest: ShelfQuery, items_of: ItemsOf) -> Page[ShelfItem]:
        """The hits behind the cursor that are on sale and fit ``rest``, best first."""
        place = next_place = _start(self._wanted)
        items: list[ShelfItem] = []
        size, is_narrowed = rest.limit + 1, is_filtered(rest)
        while place < len(self._hits) and len(items) <= rest.limit:
            window = self._hits[place : place + size]
            size *= GROWTH
            fitting = keys_that_fit(rest, window) if is_narrowed else set(window)
            found = items_of([key for key in window if key in fitting])
            for key in window:
                place += 1
                if key in found:
                    items.append(found[key])
                    if len(items) == rest.limit:
                        next_place = place
                    elif len(items) > rest.limit:
                        break
            if place >= len(self._hits) and len(items) <= rest.limit:
                self.keys()
        more = len(items) > rest.limit
        cursor = encode_cursor(["relevance", next_place]) if more else None
        return Page(items[: rest.limit], cursor)


def _start(wanted: ProductQuery) -> int:
    """The place in the ranking at which the page begins. Raises Invalid."""
    if wanted.cursor is None:
        return 0
    sort, place = decode_cursor(wanted.cursor, [str, int])
    if sort != "relevance" or not 0 <= place <= MOST_HITS:
        raise Invalid.at("/cursor", "belongs to another sort order", "invalid_cursor")
    return int(place)
