"""Products as the page components want them. Pure presentation of what the queries return."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from kirana.cart.queries import BasketView
from kirana.catalog.units import quantity_text, unit_price_text
from kirana.stock.views import ShelfItem

PER = {"g": "kg", "ml": "l"}


class Presenter:
    """Makes cards for one visitor: ``basket`` says how much of each they already have."""

    def __init__(self, basket: BasketView, currency: str) -> None:
        self._taken = {line.slug: line.quantity for line in basket.lines}
        self._currency = currency

    def cards(self, items: Iterable[ShelfItem]) -> list[dict[str, Any]]:
        return [self.card(item) for item in items]

    def card(self, item: ShelfItem) -> dict[str, Any]:
        """The fields of ``components/product_card.html``. Not to be changed: it is made once."""
        return _card(item, self._taken.get(item.slug, 0), self._currency)


@lru_cache(maxsize=4096)
def _card(item: ShelfItem, quantity: int, currency: str) -> dict[str, Any]:
    return {
        "key": (item, quantity),
        "slug": item.slug,
        "title": item.title,
        "brand": item.brand,
        "size_text": item.size_text or _loose(item),
        # Loose goods carry it in the price itself.
        "unit_price_text": "" if item.unit in PER else unit_price_text(item.unit_price, currency),
        "price_per": PER.get(item.unit, ""),
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


def count_text(number: int) -> str:
    return f"{number:,} product" + ("" if number == 1 else "s")
