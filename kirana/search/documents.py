"""A product's row as a document of the index. Pure."""

import math
from collections.abc import Mapping
from typing import Any

import tantivy

from kirana.catalog.facts import diets_met
from kirana.catalog.tree import Tree
from kirana.platform.words import folded
from kirana.search.schema import CODE, KEY, WEIGHT, WORDS, stems

OUT_OF_STOCK = 0.25
_SAYS_MORE = {"by", "for", "from", "in", "on", "with", "without"}


def document(row: Any, tree: Tree, sales: Mapping[int, int]) -> tantivy.Document:
    """``row`` is one of ``queries.rows_to_index``; ``sales`` are order lines by product."""
    in_stock = (row.available or 0) >= row.minimum
    trail = (node.name for node in tree.trail(row.category_id))
    texts = {
        "title": folded(row.title),
        "brand": folded(row.brand),
        "names": folded(" ".join(row.other_names)),
        "shelf": folded(" ".join([*trail, *diets_met(row.diet), row.origin])),
        "head": head_of(row.title),
    }
    made = tantivy.Document()
    for name, text in texts.items():
        made.add_text(name, stems(text))
    made.add_text(WORDS, " ".join(dict.fromkeys(" ".join(texts.values()).split())))
    for code in (row.barcode, folded(row.sku)):
        if code:
            made.add_text(CODE, code)
    made.add_float(WEIGHT, weight(in_stock, sales.get(row.id, 0)))
    made.add_unsigned(KEY, row.id)
    made.add_unsigned("category", row.category_id)
    made.add_unsigned("price", row.price_minor)
    made.add_boolean("offer", bool(row.was_minor and row.was_minor > row.price_minor))
    made.add_boolean("in_stock", in_stock)
    for name, value in (("store", row.store), ("maker", row.brand), ("origin", row.origin)):
        made.add_text(name, value)
    for name, values in (("diet", diets_met(row.diet)), ("allergen", told_allergens(row))):
        for value in values:
            made.add_text(name, value)
    return made


def told_allergens(row: Any) -> list[str]:
    """What is in it, and what may be."""
    return list(dict.fromkeys([*row.allergens, *row.may_contain]))


def head_of(title: str) -> str:
    """The last word before what is only said of it: *bread* of "Garlic Bread with Herbs"."""
    words = folded(title).split()
    ends = next((n for n, word in enumerate(words) if n and word in _SAYS_MORE), len(words))
    return words[ends - 1] if words else ""


def weight(in_stock: bool, sales: int) -> float:
    """What relevance is multiplied by: what can be had first, and what others buy."""
    return (1.0 if in_stock else OUT_OF_STOCK) * (1.0 + 0.5 * math.log10(1 + sales))
