"""Filters of a search as questions to the index.

The database has the last word on each: here they only keep the number of hits small, and count.
"""

from collections.abc import Iterator
from typing import Any

import tantivy
from tantivy import FieldType, Occur, Query

from kirana.catalog.queries import load_tree
from kirana.search.asking import both
from kirana.search.reading import Snapshot
from kirana.search.shapes import ProductQuery

DIMENSIONS = ("category", "brand", "diet", "origin", "without", "price", "offer", "in_stock")
# Filters by one value, and the field that has it.
_TERMS = {"store": "store", "brand": "maker", "diet": "diet", "origin": "origin", "offer": "offer"}


def fixed(snapshot: Snapshot, wanted: ProductQuery, but: str = "") -> list[Query]:
    """The filters that the index may decide beforehand."""
    return [query for name, query in _chosen(snapshot.schema, wanted) if name != but]


def counted(snapshot: Snapshot, wanted: ProductQuery, but: str) -> list[Query]:
    """All filters, prices and stock as the index knows them, but for the dimension ``but``."""
    found = fixed(snapshot, wanted, but)
    if but != "price" and (wanted.price_min is not None or wanted.price_max is not None):
        found.append(
            Query.range_query(
                snapshot.schema, "price", FieldType.Unsigned, wanted.price_min, wanted.price_max
            )
        )
    if but != "in_stock" and wanted.in_stock:
        found.append(Query.term_query(snapshot.schema, "in_stock", True, "basic"))
    return found


def number_of(snapshot: Snapshot, wanted: ProductQuery) -> int:
    """How many fit all filters; when they came to the shop the index does not know."""
    found: Any = snapshot.searcher.search(both(counted(snapshot, wanted, "")), 1)
    return int(found.count)


def is_chosen(wanted: ProductQuery, dimension: str) -> bool:
    if dimension == "price":
        return wanted.price_min is not None or wanted.price_max is not None
    return getattr(wanted, dimension) not in (None, False, ())


def _chosen(schema: tantivy.Schema, wanted: ProductQuery) -> Iterator[tuple[str, Query]]:
    if wanted.category is not None:
        yield "category", _category(schema, wanted)
    for name, term in _TERMS.items():
        value = getattr(wanted, name)
        if value is not None and value is not False:
            yield name, _term(schema, term, value)
    if wanted.without:
        told = [(Occur.MustNot, _term(schema, "allergen", name)) for name in wanted.without]
        yield "without", Query.boolean_query([(Occur.Must, Query.all_query()), *told])


def _term(schema: tantivy.Schema, name: str, value: object) -> Query:
    return Query.term_query(schema, name, value, "basic")


def _category(schema: tantivy.Schema, wanted: ProductQuery) -> Query:
    """The category and all below it."""
    tree = load_tree()
    node = tree.find(wanted.category or "")
    if node is None:
        return Query.empty_query()
    return Query.term_set_query(schema, "category", tree.family(node.id))
