"""A checkout in JSON: what is kept until when, and what is not as it was shown."""

from datetime import datetime

import msgspec

from kirana.cart.queries import BasketView
from kirana.cart.shapes import CartLineView, QuoteView, show_cart
from kirana.checkout.differences import Difference, as_put_in, differences
from kirana.checkout.queries import Hold


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
        differences=differences(basket.lines, as_put_in(basket.lines, currency), currency),
    )
