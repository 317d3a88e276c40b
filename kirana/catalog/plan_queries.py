"""Reads of what is planned: for a store's managers, and for those who carry it out."""

from typing import Any

from sqlalchemy import Connection, select

from kirana.accounts.permissions import Permission
from kirana.catalog.models import PlannedPrice, Product
from kirana.catalog.views import PlannedPriceView
from kirana.platform import clock
from kirana.platform.access import Actor
from kirana.platform.db import query
from kirana.platform.errors import NotFound
from kirana.platform.paging import Page, PageQuery
from kirana.platform.rows import newest_page

# At one go; the next sweep finds the rest.
MOST_AT_ONCE = 500
_PLANS = select(
    PlannedPrice.id, PlannedPrice.uid, PlannedPrice.amount_minor, PlannedPrice.was_minor,
    PlannedPrice.due_at, PlannedPrice.status, PlannedPrice.ended_at,
)  # fmt: skip


@query
def list_planned_prices(
    connection: Connection, actor: Actor, slug: str, wanted: PageQuery
) -> Page[PlannedPriceView]:
    """A product's planned prices, the newest plan first. Raises NotFound for strangers."""
    find = select(Product.id, Product.store_id).where(Product.slug == slug)
    product = connection.execute(find).one_or_none()
    if product is None or not actor.may_in(product.store_id, Permission.READ_STORE_PRODUCTS):
        raise NotFound
    plans = _PLANS.where(PlannedPrice.product_id == product.id)
    return newest_page(connection, plans, PlannedPrice.id, wanted, _view)


def get_planned_price(connection: Connection, product_id: int, uid: str) -> PlannedPriceView:
    """One plan of a product that the caller holds."""
    mine = _PLANS.where(PlannedPrice.product_id == product_id, PlannedPrice.uid == uid)
    return _view(connection.execute(mine).one())


@query
def due_plans(connection: Connection) -> list[int]:
    """The keys of planned prices whose moment has come, in the order of their moments."""
    due = (PlannedPrice.status == "planned", PlannedPrice.due_at <= clock.now(connection))
    ordered = select(PlannedPrice.id).where(*due).order_by(PlannedPrice.due_at, PlannedPrice.id)
    return list(connection.execute(ordered.limit(MOST_AT_ONCE)).scalars())


@query
def due_publications(connection: Connection) -> list[int]:
    """The keys of products that are to go on sale by now."""
    due = Product.publish_at <= clock.now(connection)
    ordered = select(Product.id).where(due).order_by(Product.publish_at, Product.id)
    return list(connection.execute(ordered.limit(MOST_AT_ONCE)).scalars())


def _view(row: Any) -> PlannedPriceView:
    return PlannedPriceView(
        row.uid, row.amount_minor, row.was_minor, row.due_at, row.status, row.ended_at
    )
