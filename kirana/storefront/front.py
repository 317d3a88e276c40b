"""What the front page shows: two panels, what is fresh, a shelf of each department."""

from itertools import islice
from typing import Any

from kirana.catalog.views import Department
from kirana.stock.cached import count_shelf, departments, list_shelf
from kirana.stock.filters import ShelfQuery
from kirana.stock.views import ShelfItem
from kirana.storefront.cards import cards, count_text

FRESH, SHELF, SHELVES = 12, 4, 4
# Whatever of these departments exists comes first.
FRESH_DEPARTMENTS = ("fruit", "fruit-vegetables", "vegetables", "fresh-produce")


def front_page(currency: str) -> dict[str, Any]:
    """The context of ``shop/home.html``."""
    stocked = [department for department in departments() if department.product_count]
    fresh = _fresh_department(stocked)
    items = _shelf(FRESH, fresh) if fresh else []
    others = [department for department in stocked if department != fresh]
    return {
        "hero": _hero(items, fresh),
        "side": _side(),
        "fresh": {
            "title": "Fresh today",
            "count_text": f"{len(items)} of {count_text(count_shelf(ShelfQuery()))}",
            "cards": cards(items, currency),
        },
        "chips": _chips(stocked),
        "more": [
            {
                "title": department.name,
                "url": f"/categories/{department.slug}",
                "cards": cards(_shelf(SHELF, department), currency),
            }
            for department in islice(others, SHELVES)
        ],
    }


def _fresh_department(stocked: list[Department]) -> Department | None:
    by_slug = {department.slug: department for department in stocked}
    known = (by_slug[slug] for slug in FRESH_DEPARTMENTS if slug in by_slug)
    return next(known, stocked[0] if stocked else None)


def _shelf(number: int, department: Department) -> list[ShelfItem]:
    wanted = ShelfQuery(category=department.slug, limit=number, in_stock=True, sort="new")
    return list_shelf(wanted).items


def _hero(items: list[ShelfItem], fresh: Department | None) -> dict[str, Any]:
    return {
        "title": "Picked this morning, at your door tonight.",
        "text": "From the shops around the corner, at the price on the shelf.",
        "action_text": "Shop what is fresh",
        "action_url": f"/categories/{fresh.slug}" if fresh else "/products",
        "picture_urls": [item.picture_url for item in items[:3]],
    }


def _side() -> dict[str, Any] | None:
    items = list_shelf(ShelfQuery(limit=3, sort="new", in_stock=True)).items
    if not items:
        return None
    return {
        "title": "New on the shelves",
        "text": "What the shops have added lately.",
        "action_text": "See what is new",
        "action_url": "/products?sort=new",
        "picture_urls": [item.picture_url for item in items],
    }


def _chips(stocked: list[Department]) -> list[dict[str, Any]]:
    chips = [
        {"text": "Here today", "icon": "check", "url": "/products?in_stock=1", "current": False},
        {"text": "New this week", "icon": "leaf", "url": "/products?added=7", "current": False},
    ]
    return chips if stocked else []
