"""What goes with a product."""

import msgspec
from sqlalchemy import Connection, select

from kirana.catalog.models import Product
from kirana.catalog.on_sale import ON_SALE
from kirana.pairs.models import ProductPair
from kirana.platform.db import query
from kirana.stock.queries import list_items
from kirana.stock.views import ShelfItem
from kirana.stores.models import Store

SHOWN = 6


class Companion(msgspec.Struct, frozen=True):
    """A product on sale that was bought together with another, by so many customers."""

    item: ShelfItem
    customers: int


@query
def list_companions(connection: Connection, slug: str) -> list[Companion]:
    """What goes with a product, most customers first; nothing for one that is not on sale."""
    mine = (
        select(Product.id)
        .join(Store, Store.id == Product.store_id)
        .where(Product.slug == slug, ON_SALE)
        .scalar_subquery()  # one at most: then PostgreSQL looks for its pairs alone
    )
    find = (
        select(Product.slug, ProductPair.customers)
        .join(ProductPair, ProductPair.other_id == Product.id)
        .join(Store, Store.id == Product.store_id)
        .where(ProductPair.product_id == mine, ON_SALE)
        .order_by(ProductPair.customers.desc(), ProductPair.other_id)
        .limit(SHOWN)
    )
    customers = {row.slug: row.customers for row in connection.execute(find)}
    items = list_items(list(customers)) if customers else []
    return [Companion(item, customers[item.slug]) for item in items]
