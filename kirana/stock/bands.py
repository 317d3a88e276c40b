"""How a level is shown to the public: in stock, few left, or none. Pure."""

from typing import Literal

Band = Literal["in", "few", "none"]
FEW_PIECES = 5
FEW_PORTIONS = 10


def band_of(available: int, minimum: int, low_at: int) -> Band:
    """None when not even the smallest order can be filled; few up to and with ``low_at``."""
    if available < max(1, minimum):
        return "none"
    return "few" if available <= low_at else "in"


def usual_low_at(unit: str, minimum: int) -> int:
    """The threshold of a new product: five pieces, or ten of its smallest portions."""
    return FEW_PIECES if unit == "each" else FEW_PORTIONS * minimum
