"""The filter form of a list page: texts from the address in, a shelf query out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from kirana.platform.money import LARGEST, typed_minor
from kirana.stock.filters import ORDERS, ShelfQuery

PAGE_SIZE = 24
ADDED = {"7": "This week", "30": "This month", "90": "Last 3 months"}
SORTS = {
    "name": "By name",
    "price": "Cheapest first",
    "-price": "Dearest first",
    "new": "Newest first",
}
ADDED_CHOICES = [
    {"value": "", "label": "Any time"},
    *({"value": value, "label": label} for value, label in ADDED.items()),
]
SORT_CHOICES = [{"value": value, "label": label} for value, label in SORTS.items()]


@dataclass(frozen=True, slots=True)
class Filters:
    """What the visitor chose, as texts to show again, with an error for each that is wrong."""

    min_price: str = ""
    max_price: str = ""
    in_stock: bool = False
    added: str = ""
    sort: str = "name"
    cursor: str | None = None
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def is_set(self) -> bool:
        return bool(self.min_price or self.max_price or self.in_stock or self.added)

    def shelf_query(self, currency: str, today: date, **fixed: Any) -> ShelfQuery:
        """What to ask of the shelf; a filter with an error is left out."""
        days = int(self.added) if self.added else None
        return ShelfQuery(
            limit=PAGE_SIZE,
            cursor=self.cursor,
            price_min=_minor(self.min_price, currency),
            price_max=_minor(self.max_price, currency),
            in_stock=self.in_stock,
            added_since=today - timedelta(days=days) if days else None,
            sort=self.sort,  # type: ignore[arg-type] # read from ORDERS
            **fixed,
        )

    def url(self, path: str, cursor: str | None, **kept: str) -> str:
        """The address of this list from ``cursor`` on."""
        texts = {
            **kept,
            "min_price": self.min_price,
            "max_price": self.max_price,
            "in_stock": "1" if self.in_stock else "",
            "added": self.added,
            "sort": self.sort if self.sort != "name" else "",
            "cursor": cursor or "",
        }
        query = urlencode({name: text for name, text in texts.items() if text})
        return f"{path}?{query}" if query else path


def read_filters(args: Mapping[str, str], currency: str) -> Filters:
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
    added, sort = args.get("added", ""), args.get("sort", "name")
    return Filters(
        min_price=low,
        max_price=high,
        in_stock=args.get("in_stock") == "1",
        added=added if added in ADDED else "",
        sort=sort if sort in ORDERS else "name",
        cursor=args.get("cursor") or None,
        errors=errors,
    )


def _minor(text: str, currency: str) -> int | None:
    """An amount typed in whole money as minor units; None if it is empty or no amount."""
    amount = typed_minor(text, currency)
    return int(amount) if amount is not None and amount <= LARGEST else None
