"""Which quantities may be ordered, and what stands in a line's way. Pure."""

from typing import Literal

MOST_LINES = 100
# Per line, in the units that the price is for: pieces, kilograms, litres.
MOST_UNITS = 999

Problem = Literal["", "unavailable", "store_closed", "off_grid", "out_of_stock", "short"]


def floored(quantity: int, minimum: int, increment: int) -> int:
    """The largest allowed quantity not above ``quantity``; 0 below the minimum."""
    floor = quantity - quantity % increment
    return floor if floor >= minimum else 0


def largest(price_per: int, minimum: int, increment: int) -> int:
    """The most that one line may hold."""
    return max(minimum, floored(MOST_UNITS * price_per, minimum, increment))


def stepped(quantity: int, steps: int, minimum: int, increment: int) -> int:
    """``quantity`` after some steps of a plus or minus button; 0 when it falls off the grid.

    The first step up lands on the minimum.
    """
    if quantity <= 0:
        return minimum + (steps - 1) * increment if steps > 0 else 0
    return floored(quantity + steps * increment, minimum, increment)
