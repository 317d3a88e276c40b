"""Starting a checkout and placing an order over JSON."""

import functools
from typing import Annotated, Any, Literal

import msgspec
from flask import Blueprint

from kirana.accounts.permissions import Permission
from kirana.cart.errors import BasketEmpty, KeptLongEnough
from kirana.cart.queries import basket_view
from kirana.cart.steps import MOST_LINES
from kirana.checkout.differences import SeenLine
from kirana.checkout.errors import LinesUnavailable, PriceChanged, TooManyHolds
from kirana.checkout.queries import hold_of
from kirana.checkout.services import Terms, check_out, keep_on, leave_checkout, start_checkout
from kirana.checkout.shapes import CheckoutView, show_checkout
from kirana.orders.errors import NumbersTaken
from kirana.orders.shapes import Delivery, GroupView
from kirana.platform.access import Actor
from kirana.platform.amounts import Money
from kirana.platform.errors import Conflict, Invalid, TooMany
from kirana.platform.http import Answer, View, current_actor, limited, operation, requires
from kirana.platform.shop_settings import settings
from kirana.pricing.errors import TotalTooLarge
from kirana.stock.errors import OutOfStock

api = Blueprint("checkout_api", __name__)


class NewOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where it goes, how it is paid, and the total that the customer saw.

    With ``expected_lines`` the basket must also hold just what they saw, at the prices they saw.
    """

    delivery: Delivery
    expected_total: Money
    payment_method: Literal["cash"] = "cash"
    expected_lines: Annotated[list[SeenLine], msgspec.Meta(max_length=MOST_LINES)] | None = None


@api.post("/checkout")
@requires(Permission.PLACE_ORDER)
@limited("hour", "hold_per_hour")
@operation(
    "startCheckout",
    raises=(BasketEmpty, KeptLongEnough, LinesUnavailable, OutOfStock, TooManyHolds, TooMany),
    idempotency="accepted",
)
def start(actor: Actor) -> CheckoutView:
    """Keep what is in the basket for a while, all lines or none; again: extend it."""
    start_checkout(actor, settings())
    return _shown(actor)


@api.get("/checkout")
@requires(Permission.PLACE_ORDER)
@operation("showCheckout")
def show(actor: Actor) -> CheckoutView:
    """What is kept and what ordering would cost. Keeps nothing and extends nothing."""
    return _shown(actor)


@api.delete("/checkout")
@requires(Permission.PLACE_ORDER)
@operation("leaveCheckout")
def leave(actor: Actor) -> CheckoutView:
    """Let go of what is kept; the basket stays as it is."""
    leave_checkout(actor)
    return _shown(actor)


def busy(view: View) -> View:
    """Extend the caller's hold when they tried to order and could not; outside the transaction."""

    @functools.wraps(view)
    def tried(*args: Any, **kwargs: Any) -> Any:
        try:
            return view(*args, **kwargs)
        except (Conflict, Invalid):
            keep_on(current_actor(), settings())
            raise

    return tried


@api.post("/orders")
@requires(Permission.PLACE_ORDER)
@limited("minute", "order_per_minute")
@busy
@operation(
    "placeOrder",
    status=201,
    raises=(
        BasketEmpty, LinesUnavailable, PriceChanged, OutOfStock, TotalTooLarge, NumbersTaken,
        TooMany,
    ),
    idempotency="required",
)  # fmt: skip
def place_order(actor: Actor, body: NewOrder) -> Answer[GroupView]:
    """Order what is in the basket: an order for each store, all lines or none."""
    if body.expected_total.currency != settings().currency:
        raise Invalid.at("/expected_total/currency", "is not this shop's currency")
    terms = Terms(body.payment_method, body.expected_lines)
    try:
        group = check_out(actor, body.delivery, body.expected_total, terms)
    except Invalid as error:
        raise error.within("/delivery") from None
    return Answer(group, {"Location": f"/api/v1/orders/{group.orders[0].number}"})


def _shown(actor: Actor) -> CheckoutView:
    basket = basket_view(actor)
    return show_checkout(basket, hold_of(basket), settings().currency)
