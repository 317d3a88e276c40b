"""A checkout in JSON: what is kept until when, and what is not as it was shown."""

from datetime import datetime

import msgspec

from kirana.cart.queries import BasketLine, BasketView
from kirana.cart.shapes import CartLineView, QuoteView, show_cart
from kirana.cart.steps import Problem
from kirana.checkout.queries import Hold
from kirana.platform.amounts import Money


class Difference(msgspec.Struct, frozen=True):
    """A line whose price is not the one that was shown, or that cannot be ordered as it stands."""

    product: str
    problem: Problem
    note: str
    price_seen: Money
    price: Money


class CheckoutView(msgspec.Struct, frozen=True):
    """The basket on its way to an order.

    The goods are kept until ``held_until``, null for not at all; ``is_whole``: all of them are.
    """

    held_until: datetime | None
    is_whole: bool
    lines: list[CartLineView]
    quote: QuoteView
    differences: list[Difference]


def show_checkout(basket: BasketView, hold: Hold, currency: str) -> CheckoutView:
    shown = show_cart(basket, currency)
    return CheckoutView(
        held_until=hold.until,
        is_whole=hold.is_whole,
        lines=shown.lines,
        quote=shown.quote,
        differences=[
            _difference(line, currency)
            for line in basket.lines
            if line.problem or line.price_changed
        ],
    )


def _difference(line: BasketLine, currency: str) -> Difference:
    return Difference(
        product=line.slug,
        problem=line.problem,
        note=line.note,
        price_seen=Money(line.price_seen_minor, currency),
        price=Money(line.price_minor, currency),
    )
