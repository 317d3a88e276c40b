"""JSON: prices and publishing that come by themselves."""

from flask import Blueprint

from kirana.accounts.permissions import Permission
from kirana.catalog.errors import PricePlannedAlready, TooManyPlans
from kirana.catalog.inputs import NewPlannedPrice, PublicationPlan
from kirana.catalog.plan_queries import list_planned_prices
from kirana.catalog.services.plans import cancel_planned_price, plan_price, plan_publication
from kirana.catalog.shapes import (
    ManagedProduct,
    PlannedPriceShown,
    in_our_currency,
    managed,
    planned_price,
)
from kirana.platform.access import Actor
from kirana.platform.errors import IllegalMove, Stale
from kirana.platform.http import Answer, if_match, operation, requires
from kirana.platform.paging import Page, PageQuery

plans = Blueprint("plans", __name__)


@plans.get("/products/<slug>/planned-prices")
@requires(Permission.READ_STORE_PRODUCTS)
@operation("listPlannedPrices")
def list_plans(actor: Actor, slug: str, query: PageQuery) -> Page[PlannedPriceShown]:
    """The prices that were planned for a product, the newest plan first."""
    found = list_planned_prices(actor, slug, query)
    return Page([planned_price(plan) for plan in found.items], found.next_cursor)


@plans.post("/products/<slug>/planned-prices")
@requires(Permission.WRITE_STORE_PRODUCTS)
@operation(
    "planPrice",
    status=201,
    raises=(IllegalMove, PricePlannedAlready, TooManyPlans),
    idempotency="accepted",
)
def plan(actor: Actor, slug: str, body: NewPlannedPrice) -> PlannedPriceShown:
    """Let a price become true at a moment to come."""
    in_our_currency(body)
    return planned_price(plan_price(actor, slug, body))


@plans.delete("/products/<slug>/planned-prices/<uid>")
@requires(Permission.WRITE_STORE_PRODUCTS)
@operation("cancelPlannedPrice", raises=(IllegalMove,))
def cancel(actor: Actor, slug: str, uid: str) -> None:
    """Call a planned price off."""
    cancel_planned_price(actor, slug, uid)


@plans.put("/products/<slug>/planned-publication")
@requires(Permission.WRITE_STORE_PRODUCTS)
@operation("planPublication", raises=(Stale, IllegalMove))
def plan_to_publish(actor: Actor, slug: str, body: PublicationPlan) -> Answer[ManagedProduct]:
    """Let a draft or hidden product go on sale at a moment to come."""
    product = plan_publication(actor, slug, body.publish_at, if_match())
    return Answer(managed(product), version=product.version)


@plans.delete("/products/<slug>/planned-publication")
@requires(Permission.WRITE_STORE_PRODUCTS)
@operation("cancelPublication", raises=(Stale,))
def cancel_publication(actor: Actor, slug: str) -> None:
    """The product stays as it is until somebody puts it on sale."""
    plan_publication(actor, slug, None, if_match())
