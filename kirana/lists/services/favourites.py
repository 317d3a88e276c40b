"""Hearts."""

from sqlalchemy import Connection, delete, select

from kirana.accounts.permissions import Permission
from kirana.catalog.models import Product
from kirana.catalog.on_sale import ON_SALE
from kirana.lists.errors import TooManyFavourites
from kirana.lists.models import Favourite
from kirana.lists.services.keeping import count_of, lock_keeper
from kirana.platform import clock
from kirana.platform.access import Actor
from kirana.platform.db import verb
from kirana.platform.inserts import insert_ignoring
from kirana.platform.rows import existing
from kirana.stores.models import Store


@verb
def keep_favourite(connection: Connection, actor: Actor, slug: str, most: int) -> None:
    """Keep a product that is on sale; again it changes nothing. Locks the account.

    Raises NotFound, TooManyFavourites.
    """
    actor.require(Permission.WRITE_OWN_LISTS)
    find = select(Product.id).join(Store, Store.id == Product.store_id)
    product_id = existing(connection.execute(find.where(Product.slug == slug, ON_SALE)).scalar())
    me = lock_keeper(connection, actor)
    values = {"account_id": me, "product_id": product_id}
    is_new = insert_ignoring(connection, Favourite, created_at=clock.now(connection), **values)
    if is_new and count_of(connection, Favourite, Favourite.account_id == me) > most:
        raise TooManyFavourites


@verb
def drop_favourite(connection: Connection, actor: Actor, slug: str) -> None:
    """Keep it no longer; again it changes nothing."""
    actor.require(Permission.WRITE_OWN_LISTS)
    product = select(Product.id).where(Product.slug == slug).scalar_subquery()
    mine = (Favourite.account_id == actor.me(), Favourite.product_id == product)
    connection.execute(delete(Favourite).where(*mine))
