"""The filter form of a list page: texts from the address in, a shelf query out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from kirana.catalog.facts import ALLERGEN_WORDS, ALLERGENS, in_order
from kirana.platform.money import LARGEST, typed_minor
from kirana.platform.words import ONE_LINE
from kirana.search.shapes import ProductQuery
from kirana.stock.filters import ORDERS

PAGE_SIZE = 24
ADDED = {"7": "This week", "30": "This month", "90": "Last 3 months"}
SORTS = {
    "relevance": "Best match",
    "name": "By name",
    "price": "Cheapest first",
    "-price": "Dearest first",
    "new": "Newest first",
}
ADDED_CHOICES = [
    {"value": "", "label": "Any time"},
    *({"value": value, "label": label} for value, label in ADDED.items()),
]
SEARCH_SORTS = [{"value": value, "label": label} for value, label in SORTS.items()]
SORT_CHOICES = SEARCH_SORTS[1:]
LONGEST_VALUE = 80


@dataclass(frozen=True, slots=True)
class Filters:
    """What the visitor chose, as texts to show again, with an error for each that is wrong."""

    min_price: str = ""
    max_price: str = ""
    in_stock: bool = False
    added: str = ""
    department: str = ""
    brand: str = ""
    diet: str = ""
    origin: str = ""
    without: tuple[str, ...] = ()
    offer: bool = False
    sort: str = "name"
    usual_sort: str = "name"
    cursor: str | None = None
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def is_set(self) -> bool:
        return any(self._texts().values())

    @property
    def chosen(self) -> list[str]:
        """What the list is narrowed to, in words for its title."""
        return [text for text in (self.brand, self.diet.capitalize(), self.origin) if text]

    @property
    def left_out(self) -> str:
        """The allergens that the list is without, within a sentence."""
        return " and ".join(ALLERGEN_WORDS[name].lower() for name in self.without)

    def product_query(self, currency: str, today: date, **fixed: Any) -> ProductQuery:
        """What to ask for; a filter with an error is left out."""
        days = int(self.added) if self.added else None
        department = {"category": self.department} if self.department else {}
        return ProductQuery(
            limit=PAGE_SIZE,
            cursor=self.cursor,
            price_min=_minor(self.min_price, currency),
            price_max=_minor("" if "max_price" in self.errors else self.max_price, currency),
            in_stock=self.in_stock,
            added_since=today - timedelta(days=days) if days else None,
            brand=self.brand or None,
            diet=self.diet or None,
            origin=self.origin or None,
            without=self.without,  # type: ignore[arg-type] # read from the allergens
            offer=self.offer,
            sort=self.sort,  # type: ignore[arg-type] # read from the orders
            **(department | fixed),
        )

    def url(self, path: str, cursor: str | None, **kept: str) -> str:
        """The address of this list from ``cursor`` on."""
        sort = self.sort if self.sort != self.usual_sort else ""
        texts = {**kept, **self._texts(), "sort": sort, "cursor": cursor or ""}
        query = urlencode({name: text for name, text in texts.items() if text}, doseq=True)
        return f"{path}?{query}" if query else path

    def _texts(self) -> dict[str, Any]:
        """What narrows the list, as an address has it."""
        return {
            "min_price": self.min_price, "max_price": self.max_price,
            "in_stock": "1" if self.in_stock else "", "added": self.added,
            "department": self.department, "brand": self.brand, "diet": self.diet,
            "origin": self.origin, "without": self.without, "offer": "1" if self.offer else "",
        }  # fmt: skip


# All that a list page reads of its address.
NAMES = frozenset(
    ("min_price", "max_price", "in_stock", "added", "department", "brand", "diet", "origin",
     "without", "offer", "sort", "cursor")
)  # fmt: skip


def read_filters(args: MultiDict[str, str], currency: str, usual_sort: str = "name") -> Filters:
    """Filters from an address. Foreign names are left alone: links carry all sorts of them."""
    low, high = args.get("min_price", "").strip()[:12], args.get("max_price", "").strip()[:12]
    errors = {
        name: "Write an amount, such as 50."
        for name, text in (("min_price", low), ("max_price", high))
        if text and _minor(text, currency) is None
    }
    minimum, maximum = _minor(low, currency), _minor(high, currency)
    if minimum is not None and maximum is not None and minimum > maximum:
        errors["max_price"] = "This is below the lower price."
    added, sort = args.get("added", ""), args.get("sort", usual_sort)
    avoided = [name.strip().casefold() for name in args.getlist("without")[:20]]
    if unknown := [name for name in avoided if name and name not in ALLERGENS]:
        errors["without"] = f"“{unknown[0]}” is no allergen that is told here: it is not left out."
    sorts = {usual_sort, *ORDERS}
    return Filters(
        min_price=low, max_price=high, in_stock=args.get("in_stock") == "1",
        added=added if added in ADDED else "", department=_value(args, "department"),
        brand=_value(args, "brand"), diet=_value(args, "diet"), origin=_value(args, "origin"),
        without=tuple(in_order(avoided)), offer=args.get("offer") == "1",
        sort=sort if sort in sorts else usual_sort, usual_sort=usual_sort,
        cursor=args.get("cursor") or None, errors=errors,
    )  # fmt: skip


def _value(args: Mapping[str, str], name: str) -> str:
    """A value of a facet as it came, if it can be one."""
    text = args.get(name, "")[:LONGEST_VALUE]
    return text if re.match(ONE_LINE, text) else ""


def _minor(text: str, currency: str) -> int | None:
    """An amount typed in whole money as minor units; None if it is empty or no amount."""
    amount = typed_minor(text, currency)
    return int(amount) if amount is not None and amount <= LARGEST else None
