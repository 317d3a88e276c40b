"""What is planned for a product: prices from a moment on, and when it goes on sale."""

from zoneinfo import ZoneInfo

import msgspec
from flask import Response

from kirana.accounts.permissions import Permission
from kirana.backoffice.local_time import typed_moment
from kirana.backoffice.pages.blueprint import my_store, pages, refused, zone_of
from kirana.backoffice.pages.products import ONE, own_product, product_page
from kirana.backoffice.product_form import money
from kirana.catalog.inputs import NewPlannedPrice
from kirana.catalog.services.plans import cancel_planned_price, plan_price, plan_publication
from kirana.platform.amounts import Money
from kirana.platform.errors import Conflict, Invalid, ShopError, Stale
from kirana.platform.http import current_actor, requires
from kirana.platform.pages import note, posted, see_other
from kirana.platform.shop_settings import settings


class PlanForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A price as it is typed; the moment is on the store's clock."""

    plan_price: str
    due_at: str
    plan_was: str = ""

    def to_new(self, currency: str, zone: ZoneInfo) -> NewPlannedPrice:
        """Raises Invalid at the field."""
        before = self.plan_was.strip()
        return NewPlannedPrice(
            price=Money(**money(self.plan_price, "plan_price", currency)),
            due_at=typed_moment(self.due_at, "due_at", zone),
            was_price=Money(**money(before, "plan_was", currency)) if before else None,
        )


class PublishForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When it goes on sale, on the store's clock; empty calls it off."""

    seen: int
    publish_at: str = ""


def _as_typed(error: ShopError) -> ShopError:
    """With the names that the fields have here: the page has another form with a price."""
    names = {"/price": "/plan_price", "/was_price": "/plan_was"}
    if not isinstance(error, Invalid):
        return error
    return Invalid(
        errors=[{**x, "pointer": names.get(x["pointer"], x["pointer"])} for x in error.errors]
    )


@pages.post("/<store_slug>/products/<slug>/plans")
@requires(Permission.WRITE_STORE_PRODUCTS)
def add_plan(store_slug: str, slug: str) -> Response:
    """Plan a price."""
    store = my_store(store_slug, Permission.WRITE_STORE_PRODUCTS)
    found = own_product(store, slug)
    try:
        new = posted(PlanForm).to_new(settings().currency, zone_of(store))
        plan_price(current_actor(), slug, new)
    except (Invalid, Conflict) as error:
        return product_page(store, found, error.status, ("plans", refused(_as_typed(error))))
    note("The price is planned.", "success")
    return see_other(ONE, store_slug=store.slug, slug=slug)


@pages.post("/<store_slug>/products/<slug>/plans/<uid>/cancellation")
@requires(Permission.WRITE_STORE_PRODUCTS)
def drop_plan(store_slug: str, slug: str, uid: str) -> Response:
    """Call a planned price off."""
    store = my_store(store_slug, Permission.WRITE_STORE_PRODUCTS)
    found = own_product(store, slug)
    try:
        cancel_planned_price(current_actor(), slug, uid)
    except Conflict as error:
        return product_page(store, found, error.status, ("plans", refused(error)))
    note("The planned price is called off.", "success")
    return see_other(ONE, store_slug=store.slug, slug=slug)


@pages.post("/<store_slug>/products/<slug>/publication-plan")
@requires(Permission.WRITE_STORE_PRODUCTS)
def plan_sale(store_slug: str, slug: str) -> Response:
    """Plan when the product goes on sale, or call that off."""
    store = my_store(store_slug, Permission.WRITE_STORE_PRODUCTS)
    found = own_product(store, slug)
    try:
        form = posted(PublishForm)
        text = form.publish_at.strip()
        moment = typed_moment(text, "publish_at", zone_of(store)) if text else None
        plan_publication(current_actor(), slug, moment, form.seen)
    except (Invalid, Conflict, Stale) as error:
        return product_page(store, found, error.status, ("publishing", refused(error)))
    note("It goes on sale by itself." if moment else "That is called off.", "success")
    return see_other(ONE, store_slug=store.slug, slug=slug)
