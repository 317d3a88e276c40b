"""What a product's page says to one person, in one statement."""

import msgspec
from sqlalchemy import Connection

from kirana.catalog.models import Product
from kirana.lists.queries import keeps
from kirana.platform.access import Actor
from kirana.platform.db import query
from kirana.reviews.queries import standing_of, to_standing
from kirana.reviews.shapes import Standing


class Marks(msgspec.Struct, frozen=True):
    """Whether the product is a favourite, and what one may say of it."""

    is_kept: bool
    standing: Standing


@query
def find_marks(connection: Connection, actor: Actor, slug: str) -> Marks:
    """The caller's marks on a product."""
    kept = keeps(actor.me(), Product.id).label("is_kept")
    statement = standing_of(actor.me()).add_columns(kept).where(Product.slug == slug)
    row = connection.execute(statement).one_or_none()
    return Marks(bool(row and row.is_kept), to_standing(row))
