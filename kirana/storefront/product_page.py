"""A product's own page as its template wants it. Pure presentation."""

from typing import Any

from kirana.catalog.facts import ALLERGEN_WORDS, FoodFacts, nutrition_lines
from kirana.catalog.units import SHOWN, unit_price_text
from kirana.stock.views import ProductPage, ShelfItem
from kirana.storefront.cards import price_per


def product_values(found: ProductPage) -> dict[str, Any]:
    """What the page adds to the card."""
    return {
        "picture_url": found.large_picture_url,
        "picture_alt": found.picture_alt,
        "pictures": found.pictures,
        "description": found.description,
        "origin": found.origin,
        "diets": [tag.capitalize() for tag in found.diet],
        "barcode": found.barcode,
    }


def food_values(facts: FoodFacts) -> dict[str, Any]:
    """What is in it, in words."""
    return {
        "ingredients": facts.ingredients,
        "allergens": [ALLERGEN_WORDS[name] for name in facts.allergens],
        "may_contain": [ALLERGEN_WORDS[name].lower() for name in facts.may_contain],
        "nutrition": nutrition_lines(facts.nutrition),
        "nutrition_of": f"100 {facts.measured_in}",
        "best_before_text": _keeps(facts.best_before_days),
    }


def size_values(found: ProductPage, currency: str) -> list[dict[str, Any]]:
    """The sizes of the family; the cheapest by kilogram or litre is told where that differs."""
    best = _best(found.sizes)
    return [
        {
            "text": item.size_text or item.title,
            "url": f"/products/{item.slug}",
            "price_minor": item.price_minor,
            "price_per": price_per(item),
            "unit_price_text": ""
            if item.unit in SHOWN
            else unit_price_text(item.unit_price, currency),
            "is_here": item.slug == found.item.slug,
            "is_best": item.slug == best,
            "is_gone": item.stock_band == "none",
        }
        for item in found.sizes
    ]


def _best(sizes: tuple[ShelfItem, ...]) -> str | None:
    """The one size that is there whose kilogram or litre is cheapest; all must be comparable."""
    priced = [
        (x.unit_price.amount_minor, x.slug, x.unit_price.per)
        for x in sizes
        if x.unit_price and x.stock_band != "none"
    ]
    if len(priced) < 2 or len({per for _, _, per in priced}) > 1:  # noqa: PLR2004 - one is not compared
        return None
    cheapest, next_one = sorted(priced)[:2]
    return cheapest[1] if cheapest[0] < next_one[0] else None


def _keeps(days: int | None) -> str:
    if days is None:
        return ""
    return f"at least {days} day{'' if days == 1 else 's'} from when it comes to the shop"
