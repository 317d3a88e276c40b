"""What people say of a product and buy with it; hearts and own reviews for who is signed in."""

from typing import Any

from kirana.accounts.permissions import Permission
from kirana.pairs.cached import list_companions
from kirana.platform.access import Actor
from kirana.platform.paging import PageQuery
from kirana.reviews.cached import list_shown
from kirana.storefront.cards import card
from kirana.storefront.queries import find_marks

REVIEWS = 3


def voices_of(slug: str, currency: str) -> dict[str, Any]:
    """For ``shop/product_voices.html``: what depends on nothing but the product."""
    page = list_shown(slug, PageQuery(limit=REVIEWS))
    return {
        "reviews": page.items,
        "has_more_reviews": page.next_cursor is not None,
        "companions": [
            _noted(card(each.item, currency), f"by {each.customers} customers")
            for each in list_companions(slug)
        ],
    }


def _noted(card: dict[str, Any], note: str) -> dict[str, Any]:
    """The card with a note, which is another one than without."""
    return card | {"note": note, "key": (card["key"], note)}


def marks_of(actor: Actor, slug: str) -> dict[str, Any]:
    """What somebody who is signed in has to do with the product; of a guest nothing."""
    may_keep = Permission.WRITE_OWN_LISTS in actor.permissions
    marks = find_marks(actor, slug) if may_keep else None
    return {
        "standing": marks.standing if marks else None,
        "may_keep": may_keep,
        "is_kept": bool(marks and marks.is_kept),
    }
