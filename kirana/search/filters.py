"""Filters of a search as questions to the index.

The database has the last word on each: here they only keep the number of hits small, and count.
"""

from collections.abc import Callable, Iterator
from typing import Any

import tantivy
from tantivy import FieldType, Query

from kirana.catalog.queries import load_tree
from kirana.search.asking import both
from kirana.search.reading import Snapshot
from kirana.search.shapes import ProductQuery

DIMENSIONS = ("category", "brand", "diet", "price", "offer", "in_stock")


def fixed(snapshot: Snapshot, wanted: ProductQuery, but: str = "") -> list[Query]:
    """The filters that the index may decide beforehand."""
    schema = snapshot.schema
    return [make(schema, wanted) for name, make in _chosen(wanted) if name != but]


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
    return bool(getattr(wanted, dimension))


_Make = Callable[[tantivy.Schema, ProductQuery], Query]


def _chosen(wanted: ProductQuery) -> Iterator[tuple[str, _Make]]:
    if wanted.category is not None:
        yield "category", _category
    if wanted.store is not None:
        yield "store", lambda schema, asked: _term(schema, "store", asked.store)
    if wanted.brand is not None:
        yield "brand", lambda schema, asked: _term(schema, "maker", asked.brand)
    if wanted.diet is not None:
        yield "diet", lambda schema, asked: _term(schema, "diet", asked.diet)
    if wanted.offer:
        yield "offer", lambda schema, asked: _term(schema, "offer", asked.offer)


def _term(schema: tantivy.Schema, name: str, value: object) -> Query:
    return Query.term_query(schema, name, value, "basic")


def _category(schema: tantivy.Schema, wanted: ProductQuery) -> Query:
    """The category and all below it."""
    tree = load_tree()
    node = tree.find(wanted.category or "")
    if node is None:
        return Query.empty_query()
    return Query.term_set_query(schema, "category", tree.family(node.id))
