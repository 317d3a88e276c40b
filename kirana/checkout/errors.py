"""The facts that stop a checkout."""

from kirana.platform.errors import Conflict


class PriceChanged(Conflict):
    """The total is not the one the customer saw; ``total`` and ``changes`` say what it is."""

    code = "price_changed"
    message = "The price of your basket has changed. Nothing was ordered."


class LinesUnavailable(Conflict):
    """Something in the basket cannot be ordered; ``lines`` says what and why."""

    code = "lines_unavailable"
    message = "Something in your basket cannot be ordered now. Nothing was ordered."
