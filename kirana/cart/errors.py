"""The facts that stop a change of a basket."""

from collections.abc import Sequence

from kirana.catalog.units import quantity_text
from kirana.platform.errors import Conflict, Invalid


class KeptLongEnough(Conflict):
    """What was in the basket was kept for its most life; it can be ordered without being kept."""

    code = "kept_long_enough"
    message = "Your goods were kept as long as they can be. You can still order what is there."


class OffGrid(Invalid):
    """A quantity between two that may be ordered; ``allowed`` names the nearest ones."""

    code = "off_grid"

    def __init__(self, allowed: Sequence[int], unit: str) -> None:
        named = " or ".join(quantity_text(quantity, unit) for quantity in allowed)
        detail = f"This is sold in steps: {named} is possible."
        error = {"pointer": "/quantity", "code": self.code, "detail": detail}
        super().__init__(detail, errors=[error], allowed=list(allowed))


class TooMuch(Invalid):
    """More than one line holds; ``largest`` says how much it does."""

    code = "too_much"

    def __init__(self, largest: int, unit: str) -> None:
        detail = f"At most {quantity_text(largest, unit)} of one thing."
        error = {"pointer": "/quantity", "code": self.code, "detail": detail}
        super().__init__(detail, errors=[error], largest=largest)


class NotForSale(Conflict):
    """The product is hidden or archived, or its store is not open."""

    code = "not_for_sale"
    message = "This is not for sale at the moment."


class NotEnough(Conflict):
    """More was wished than is there; ``available`` says how much is."""

    code = "out_of_stock"
    message = "There is not that much left."

    @classmethod
    def of(cls, available: int, minimum: int, unit: str) -> "NotEnough":
        """What is left of it, at the field that asks for more."""
        is_out = available < minimum
        detail = "This is sold out." if is_out else f"Only {quantity_text(available, unit)} left."
        error = {"pointer": "/quantity", "code": cls.code, "detail": detail}
        return cls(detail, errors=[error], available=available, unit=unit)


class BasketFull(Conflict):
    code = "basket_full"
    message = "A basket holds at most 100 different things."


class BasketEmpty(Conflict):
    code = "basket_empty"
    message = "There is nothing in the basket."


class BasketBusy(Conflict):
    code = "basket_busy"
    message = "The basket is being changed elsewhere. Please try again."
