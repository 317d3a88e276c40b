"""Products as the page components want them. Pure presentation of what the queries return."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from kirana.catalog.units import SHOWN, quantity_text, unit_price_text
from kirana.stock.views import ShelfItem


def cards(items: Iterable[ShelfItem], currency: str) -> list[dict[str, Any]]:
    """Cards as everybody sees them; what a visitor has of each is filled into the page."""
    return [card(item, currency) for item in items]


@lru_cache(maxsize=4096)
def card(item: ShelfItem, currency: str, quantity: int = 0) -> dict[str, Any]:
    """The fields of ``components/product_card.html``. Not to be changed: it is made once."""
    return {
        "key": (item, quantity) if quantity else item,
        "slug": item.slug,
        "title": item.title,
        "brand": item.brand,
        "size_text": item.size_text or _loose(item),
        # Loose goods carry it in the price itself.
        "unit_price_text": "" if item.unit in SHOWN else unit_price_text(item.unit_price, currency),
        "price_per": price_per(item),
        "price_minor": item.price_minor,
        "was_minor": item.was_minor,
        "picture_url": item.picture_url,
        "well": item.well,
        "badges": item.badges,
        "stock_band": item.stock_band,
        "few_left": quantity_text(item.few_left, item.unit) if item.few_left else None,
        "in_basket": quantity,
        "quantity_text": quantity_text(quantity or item.minimum, item.unit),
        "increment": item.increment,
        "minimum": item.minimum,
        "unit": item.unit,
        "rating": item.rating,
        "store_name": item.store_name,
    }


def _loose(item: ShelfItem) -> str:
    return "" if item.unit == "each" else f"from {quantity_text(item.minimum, item.unit)}"


def price_per(item: ShelfItem) -> str:
    """What stands behind the price; pieces sold in steps would read as one price for a step."""
    return "each" if item.unit == "each" and item.increment > 1 else SHOWN.get(item.unit, "")


def count_text(number: int) -> str:
    return f"{number:,} product" + ("" if number == 1 else "s")
