"""What all see of reviews, through the cache; what changes it raises the catalogue's version."""

from kirana.platform.cache import cached_as
from kirana.platform.paging import Page, PageQuery
from kirana.reviews import queries
from kirana.reviews.shapes import ShownReview


def list_shown(slug: str, wanted: PageQuery) -> Page[ShownReview]:
    """As ``reviews.queries.list_shown``."""
    key = f"{slug} {wanted.limit} {wanted.cursor or ''}"
    return cached_as(
        Page[ShownReview], "product-reviews", key, lambda: queries.list_shown(slug, wanted)
    )
