"""What is plain about the demo's food: allergens that its name or shelf tells, table values. Pure.

Nothing is guessed: what a name does not tell stays empty, and an empty list is no promise.
"""

import csv
import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from kirana.catalog.facts import in_order

_OF_SHELF = {
    "milk": "milk", "yogurt": "milk", "butter": "milk", "cheese": "milk", "cream": "milk",
    "eggs": "eggs", "bread": "gluten", "pastries": "gluten", "cakes": "gluten eggs",
    "bakery-biscuits": "gluten", "pasta": "gluten", "fish": "fish", "shellfish": "crustaceans",
    "biscuits": "gluten",
}  # fmt: skip
_OF_WORD = {
    "flour": "gluten", "oats": "gluten", "oatmeal": "gluten", "crackers": "gluten",
    "pretzels": "gluten", "pizza": "gluten milk", "cheesecake": "gluten milk",
    "butter": "milk", "cheese": "milk", "mayonnaise": "eggs", "pesto": "milk nuts",
    "soy": "soybeans gluten", "tuna": "fish", "salmon": "fish", "fish": "fish",
    "almond": "nuts", "almonds": "nuts", "cashews": "nuts", "hazelnut": "nuts",
    "peanuts": "peanuts", "pistachio": "nuts", "sesame": "sesame", "sardines": "fish",
    "trout": "fish", "gelato": "milk", "wheat": "gluten", "bread": "gluten", "burgers": "gluten",
    "nuggets": "gluten", "samosas": "gluten", "spaghetti": "gluten", "muffin": "gluten eggs milk",
    "croissant": "gluten milk", "cookies": "gluten milk", "teriyaki": "soybeans gluten",
}  # fmt: skip
_OF_PHRASE = {
    "ice cream": "milk", "milk chocolate": "milk", "white chocolate": "milk", "sour cream": "milk",
    "spring rolls": "gluten", "tikka masala": "milk", "caramel": "milk", "fish fingers": "gluten",
    "organic lasagne": "gluten milk",
}  # fmt: skip


def allergens_of(name: str, shelf: str) -> tuple[str, ...]:
    """What goods of that name on that shelf contain beyond doubt."""
    words = " ".join(re.findall(r"[a-z]+", name.lower()))
    known = [_OF_SHELF.get(shelf, "")]
    known += [found for word, found in _OF_WORD.items() if word in words.split()]
    known += [found for phrase, found in _OF_PHRASE.items() if phrase in words]
    return tuple(in_order(" ".join(known).split()))


@cache
def nutrition_table() -> dict[str, dict[str, int]]:
    """By name of loose or plain food: kilocalories and milligrams in 100 g or 100 ml."""
    text = (files(__package__) / "data" / "nutrition.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return {row.pop("name"): {name: int(value) for name, value in row.items()} for row in rows}


def families(goods: Iterable[tuple[str, str, bool]]) -> set[tuple[str, str]]:
    """The (store, name) that are sold both loose and in a pack; ``goods`` say which they are."""
    found: dict[tuple[str, str], set[bool]] = {}
    for store, name, is_loose in goods:
        found.setdefault((store, name), set()).add(is_loose)
    return {key for key, ways in found.items() if len(ways) > 1}
