"""How many of what was found are of each category, brand and so on, lowered, or in stock.

Counted by the index; where there is none, from rows of the database.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from kirana.catalog.facts import diets_met
from kirana.catalog.queries import load_tree
from kirana.catalog.tree import Tree
from kirana.platform.money import exponent
from kirana.search import queries
from kirana.search.asking import Question, both, words_of
from kirana.search.documents import told_allergens
from kirana.search.filters import DIMENSIONS, counted, is_chosen
from kirana.search.finding import synonyms
from kirana.search.reading import Snapshot, ask
from kirana.search.shapes import Band, Count, Facets, ProductQuery

MOST_VALUES = 100
MOST_CATEGORIES = 10_000
MOST_ROWS = 20_000
# Where one price band ends and the next begins, in whole money.
STEPS = (50, 100, 200, 500, 1000)


def count_facets(wanted: ProductQuery, currency: str) -> Facets:
    """Facets under the filters of ``wanted``; neither its page nor its order matters."""
    found = ask(lambda snapshot: _counts_of_index(snapshot, wanted, currency))
    counts, question = found or (_counts_of_database(wanted, currency), None)
    told = question if counts["count"][""] else None
    tree = load_tree()
    return Facets(
        count=counts["count"][""],
        understood=told.told() if told else None,
        is_partial=bool(told and told.is_partial),
        categories=_categories(tree, wanted.category, counts["category"]),
        brands=_values(counts["brand"]),
        diets=_values(counts["diet"]),
        origins=_values(counts["origin"]),
        allergens=_values(counts["without"]),
        prices=_bands(counts["price"], currency),
        offer=counts["offer"]["1"],
        in_stock=counts["in_stock"]["1"],
    )


def bounds(currency: str) -> list[tuple[int, int | None]]:
    """Price bands in minor units: from and with the first, up to but without the second."""
    steps = [step * 10 ** exponent(currency) for step in STEPS]
    return list(zip([0, *steps], [*steps, None], strict=True))


Counts = dict[str, Counter[str]]


def _counts_of_index(
    snapshot: Snapshot, wanted: ProductQuery, currency: str
) -> tuple[Counts, Question | None]:
    """Dimensions that are not set share one look at the index; each that is has its own."""
    words = words_of(wanted.q or "")
    question = Question(snapshot, words, synonyms()) if wanted.is_search else None
    asked = [question.query] if question else []
    free = [name for name in DIMENSIONS if not is_chosen(wanted, name)]
    groups = [("", free), *((name, [name]) for name in DIMENSIONS if name not in free)]
    counts: Counts = {}
    for but, names in groups:
        query = both([*asked, *counted(snapshot, wanted, but)])
        wishes = {name: _AGGREGATES[name] for name in names if name != "price"}
        if "price" in names:
            wishes["price"] = _price_ranges(currency)
        if wishes:
            counts |= _read(snapshot.searcher.aggregate(query, wishes))
        if but == "":
            number: Any = snapshot.searcher.search(query, 1)
            counts["count"] = Counter({"": int(number.count)})
    return counts, question


_FIELDS = {
    "category": "category", "brand": "maker", "diet": "diet", "origin": "origin",
    "without": "allergen", "offer": "offer", "in_stock": "in_stock",
}  # fmt: skip
# One more than is told: goods without a brand are counted under an empty one.
_AGGREGATES: dict[str, dict[str, Any]] = {
    name: {"terms": {"field": field, "size": MOST_VALUES + 1}} for name, field in _FIELDS.items()
}
_AGGREGATES["category"]["terms"]["size"] = MOST_CATEGORIES


def _price_ranges(currency: str) -> dict[str, Any]:
    ranges = [
        {"from": least} if below is None else {"from": least, "to": below}
        for least, below in bounds(currency)
    ]
    return {"range": {"field": "price", "ranges": ranges}}


def _read(answer: Mapping[str, Any]) -> Counts:
    return {
        name: Counter({_key(bucket): int(bucket["doc_count"]) for bucket in found["buckets"]})
        for name, found in answer.items()
    }


def _key(bucket: Mapping[str, Any]) -> str:
    if "from" in bucket or "to" in bucket:
        return str(int(bucket.get("from", 0)))
    key = bucket["key"]
    return str(int(key)) if isinstance(key, int | float) else str(key)


def _counts_of_database(wanted: ProductQuery, currency: str) -> Counts:
    """The same from rows; of a very large result only the first part is counted."""
    counts: Counts = {}
    everywhere = None
    for name in ("count", *DIMENSIONS):
        if name == "count" or is_chosen(wanted, name):
            others = msgspec.structs.replace(wanted, **_UNSET.get(name, {name: None}))
            rows = queries.count_facts(others.shelf(cursor=None), MOST_ROWS)
            everywhere = everywhere or rows
        else:
            rows = everywhere or []
        counts[name] = Counter(_facts(name, rows, currency))
    return counts


_UNSET: dict[str, dict[str, Any]] = {
    "count": {},
    "price": {"price_min": None, "price_max": None},
    "without": {"without": ()},
    "offer": {"offer": False},
    "in_stock": {"in_stock": False},
}


def _facts(name: str, rows: Iterable[Any], currency: str) -> Iterable[str]:
    steps = bounds(currency)
    for row in rows:
        if name == "count":
            yield ""
        elif name == "category":
            yield str(row.category_id)
        elif name in ("brand", "origin") and getattr(row, name):
            yield getattr(row, name)
        elif name in ("diet", "without"):
            yield from diets_met(row.diet) if name == "diet" else told_allergens(row)
        elif name == "price":
            yield str(max(least for least, _ in steps if least <= row.price_minor))
        elif name in ("offer", "in_stock") and _has(name, row):
            yield "1"


def _has(name: str, row: Any) -> bool:
    if name == "offer":
        return bool(row.was_minor and row.was_minor > row.price_minor)
    return int(row.available or 0) >= int(row.minimum)


def _categories(tree: Tree, chosen: str | None, counts: Counter[str]) -> tuple[Count, ...]:
    """The shelves below the chosen category, or the departments, with what is below them."""
    node = tree.find(chosen) if chosen else None
    by_id = {int(key): number for key, number in counts.items()}
    below = tree.children(node.id if node else None)
    found = [Count(child.slug, child.name, tree.total(by_id, child.id)) for child in below]
    return tuple(count for count in found if count.count)


def _values(counts: Counter[str]) -> tuple[Count, ...]:
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Count(value, value, number) for value, number in ranked if value)[:MOST_VALUES]


def _bands(counts: Counter[str], currency: str) -> tuple[Band, ...]:
    return tuple(
        Band(least, below, counts[str(least)])
        for least, below in bounds(currency)
        if counts[str(least)]
    )
