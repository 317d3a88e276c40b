"""Placing an order over JSON."""

from typing import Annotated, Literal

import msgspec
from flask import Blueprint, current_app

from kirana.accounts.permissions import Permission
from kirana.cart.errors import BasketEmpty
from kirana.cart.steps import MOST_LINES
from kirana.checkout.differences import SeenLine
from kirana.checkout.errors import LinesUnavailable, PriceChanged
from kirana.checkout.services import Terms, check_out
from kirana.orders.errors import NumbersTaken
from kirana.orders.shapes import Delivery, GroupView
from kirana.platform.access import Actor
from kirana.platform.amounts import Money
from kirana.platform.errors import Invalid, TooMany
from kirana.platform.http import Answer, limited, operation, requires
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


@api.post("/orders")
@requires(Permission.PLACE_ORDER)
@limited("minute", "order_per_minute")
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
    if body.expected_total.currency != current_app.config["SETTINGS"].currency:
        raise Invalid.at("/expected_total/currency", "is not this shop's currency")
    terms = Terms(body.payment_method, body.expected_lines)
    group = check_out(actor, body.delivery, body.expected_total, terms)
    return Answer(group, {"Location": f"/api/v1/orders/{group.orders[0].number}"})
