"""Facets as the choices of the filter bar: every value with how many it leaves. Pure."""

from collections.abc import Callable, Collection, Iterable
from typing import Any

from kirana.catalog.facts import ALLERGEN_WORDS
from kirana.platform.money import decimal_text
from kirana.search.shapes import Band, Count, Facets
from kirana.storefront.filters import Filters

Address = Callable[[str, str], str]


def facet_choices(
    facets: Facets, filters: Filters, currency: str, address: Address
) -> dict[str, Any]:
    """What ``components/filter_bar.html`` shows; ``address`` is that of a price band."""
    return {
        "departments": _choices("All departments", facets.categories, filters.department),
        "brands": _choices("All brands", facets.brands, filters.brand),
        "diets": _choices(
            "Any diet",
            [Count(diet.value, diet.name.capitalize(), diet.count) for diet in facets.diets],
            filters.diet,
        ),
        "origins": _choices("Any origin", facets.origins, filters.origin),
        "allergens": _allergens(facets, filters.without),
        "bands": [_band(band, currency, address) for band in facets.prices],
        "offer": facets.offer,
        "in_stock": facets.in_stock,
    }


def _allergens(facets: Facets, chosen: Collection[str]) -> list[dict[str, Any]]:
    """Those that something has, and those that are left out already, in the law's order."""
    having = {told.value: told.count for told in facets.allergens}
    return [
        {"value": name, "label": word, "count": having.get(name, 0), "chosen": name in chosen}
        for name, word in ALLERGEN_WORDS.items()
        if name in having or name in chosen
    ]


def _choices(all_of_them: str, counts: Iterable[Count], chosen: str) -> list[dict[str, str]]:
    """A chosen value stays among the choices, also when nothing has it any more."""
    found = [{"value": count.value, "label": f"{count.name} ({count.count:,})"} for count in counts]
    if chosen and all(choice["value"] != chosen for choice in found):
        found.append({"value": chosen, "label": chosen[0].upper() + chosen[1:]})
    return [{"value": "", "label": all_of_them}, *found] if found else []


def _band(band: Band, currency: str, address: Address) -> dict[str, Any]:
    """The filter's bounds belong to it on both sides: a band ends just below the next one."""
    least = decimal_text(band.least, currency) if band.least else ""
    most = decimal_text(band.below - 1, currency) if band.below else ""
    return {
        "least_minor": band.least,
        "below_minor": band.below,
        "count": band.count,
        "url": address(least, most),
    }
