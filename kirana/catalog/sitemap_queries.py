"""The addresses of all that is on sale, in pages by key: page ``n`` costs what page 1 costs."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from kirana.catalog.models import Product
from kirana.catalog.on_sale import ON_SALE
from kirana.catalog.queries import load_tree
from kirana.platform.db import query
from kirana.stores.models import Store

# What a sitemap may hold at most.
PAGE = 50_000


class Address(NamedTuple):
    """A page, and when what it shows was last changed."""

    path: str
    changed_at: datetime | None = None


@query
def sitemap_pages(connection: Connection, size: int = PAGE) -> list[int]:
    """The numbers of the pages of products that hold something, from 1 on."""
    number: Any = (Product.id - 1) // size + 1
    found = select(number).join(Store, Store.id == Product.store_id).where(ON_SALE)
    return list(connection.execute(found.group_by(number).order_by(number)).scalars())


@query
def sitemap_products(connection: Connection, page: int, size: int = PAGE) -> list[Address]:
    """The products on sale whose keys lie in that page."""
    low = (page - 1) * size
    rows = connection.execute(
        select(Product.slug, Product.updated_at)
        .join(Store, Store.id == Product.store_id)
        .where(ON_SALE, Product.id > low, Product.id <= low + size)
        .order_by(Product.id)
    )
    return [Address(f"/products/{row.slug}", row.updated_at) for row in rows]


@query
def sitemap_shelves(connection: Connection) -> list[Address]:
    """The front page, the whole range, and the categories in which something is on sale."""
    counts = select(Product.category_id, func.count()).join(Store, Store.id == Product.store_id)
    found = connection.execute(counts.where(ON_SALE).group_by(Product.category_id))
    on_sale = {row[0]: row[1] for row in found}
    tree = load_tree()
    stocked = [node for node in tree.nodes if tree.total(on_sale, node.id)]
    return [
        Address("/"),
        Address("/products"),
        *(Address(f"/categories/{x.slug}") for x in stocked),
    ]
