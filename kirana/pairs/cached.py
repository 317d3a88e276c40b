"""The same through the cache; the night's count raises the catalogue's version."""

from kirana.pairs import queries
from kirana.pairs.queries import Companion
from kirana.platform.cache import cached_as
from kirana.stock.cached import product_key


def list_companions(slug: str) -> list[Companion]:
    """As ``pairs.queries.list_companions``."""
    return cached_as(
        list[Companion], "companions", product_key(slug), lambda: queries.list_companions(slug)
    )
