"""The facts that stop a checkout."""

from kirana.platform.errors import Conflict


class PriceChanged(Conflict):
    """Total or lines are not those the customer saw; ``total`` and ``differences`` say what is."""

    code = "price_changed"
    message = "The price of your basket has changed. Nothing was ordered."


class TooManyHolds(Conflict):
    """More different things than are kept for one customer; it can be ordered without a hold."""

    code = "too_many_holds"
    message = "So many different things cannot be kept for you, but you can order them."


class LinesUnavailable(Conflict):
    """Something in the basket cannot be ordered; ``lines`` says what and why.

    ``differences`` are all lines that are not as they were seen.
    """

    code = "lines_unavailable"
    message = "Something in your basket cannot be ordered now. Nothing was ordered."
