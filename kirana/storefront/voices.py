"""What people say of a product and buy with it; hearts and own reviews for who is signed in."""

from typing import Any

from kirana.accounts.permissions import Permission
from kirana.lists.queries import is_favourite
from kirana.pairs.cached import list_companions
from kirana.platform.access import Actor
from kirana.platform.paging import PageQuery
from kirana.reviews.cached import list_shown
from kirana.reviews.queries import find_standing
from kirana.storefront.cards import Presenter

REVIEWS = 3


def voices_of(actor: Actor, slug: str, show: Presenter) -> dict[str, Any]:
    """For ``shop/product_voices.html``. A guest's page depends on nothing but the product."""
    page = list_shown(slug, PageQuery(limit=REVIEWS))
    may_review = Permission.WRITE_OWN_REVIEWS in actor.permissions
    may_keep = Permission.WRITE_OWN_LISTS in actor.permissions
    return {
        "reviews": page.items,
        "has_more_reviews": page.next_cursor is not None,
        "companions": [
            show.card(each.item) | {"note": f"by {each.customers} customers"}
            for each in list_companions(slug)
        ],
        "standing": find_standing(actor, slug) if may_review else None,
        "may_keep": may_keep,
        "is_kept": may_keep and is_favourite(actor, slug),
    }
