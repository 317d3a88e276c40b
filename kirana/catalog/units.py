"""Quantities and unit prices in words, and what may be ordered. Pure.

A quantity is a whole number of steps: pieces (``each``), grams (``g``) or millilitres (``ml``).
"""

import re
from decimal import Decimal
from typing import Literal

import msgspec

from kirana.platform.money import format_money, round_half_up

Unit = Literal["each", "g", "ml"]
Measure = Literal["g", "ml"]
PRICE_PER = {"each": 1, "g": 1000, "ml": 1000}
_LARGE = {"g": "kg", "ml": "l"}
# As packs and people write them: a small l is easily read as a one.
SHOWN = {"g": "kg", "ml": "L"}
_SHOWN_PER = {"kg": "kg", "l": "L"}
_TYPED = re.compile(r"(\d{1,9}(?:[.,]\d{1,9})?)\s*(kg|g|l|ml)?", re.IGNORECASE)


class UnitPrice(msgspec.Struct, frozen=True):
    """What a kilogram or a litre costs."""

    amount_minor: int
    per: Literal["kg", "l"]


def on_grid(quantity: int, increment: int, minimum: int) -> bool:
    """Whether so much may be ordered at once."""
    return quantity >= minimum and quantity % increment == 0


def nearest_on_grid(quantity: int, increment: int, minimum: int) -> tuple[int, ...]:
    """The allowed quantities next to ``quantity``: itself, or below and above, or the minimum."""
    if quantity <= minimum:
        return (minimum,)
    below = quantity - quantity % increment
    return (below,) if below == quantity else (below, below + increment)


def unit_price(
    price_minor: int, unit: str, pack_size: int | None = None, pack_unit: str | None = None
) -> UnitPrice | None:
    """Price of a kilogram or litre: of goods by weight, or of a pack whose size is known.

    A pack of 500 g at 32.00 costs 64.00 a kilogram. None where there is nothing to compare.
    """
    if unit in _LARGE:
        return UnitPrice(price_minor, _per(unit))
    if pack_size and pack_unit in _LARGE:
        return UnitPrice(round_half_up(price_minor * 1000, pack_size), _per(pack_unit))
    return None


def unit_price_text(price: UnitPrice | None, currency: str) -> str:
    """``₹64/kg``, or nothing."""
    return f"{format_money(price.amount_minor, currency)}/{_SHOWN_PER[price.per]}" if price else ""


def quantity_text(quantity: int, unit: str) -> str:
    """``2``, ``750 g``, ``1.35 kg``, ``1.5 L``."""
    if unit == "each":
        return str(quantity)
    if quantity < 1000:
        return f"{quantity} {unit}"
    whole, rest = divmod(quantity, 1000)
    tail = f".{rest:03d}".rstrip("0") if rest else ""
    return f"{whole}{tail} {SHOWN[unit]}"


def typed_text(quantity: int, unit: str) -> str:
    """A quantity as it stands in a field: ``2``, or ``1.35`` for so many kilograms or litres."""
    if unit == "each":
        return str(quantity)
    whole, rest = divmod(quantity, 1000)
    return f"{whole}.{rest:03d}".rstrip("0").rstrip(".")


def typed_quantity(text: str, unit: str) -> int | None:
    """What somebody typed, in steps: a bare number means pieces, kilograms or litres.

    ``1.35``, ``1,35`` and ``1350 g`` are the same weight. None for what is no such amount.
    """
    found = _TYPED.fullmatch(text.strip())
    if found is None:
        return None
    number, named = Decimal(found[1].replace(",", ".")), (found[2] or "").lower()
    if named not in ("", unit, _LARGE.get(unit)):
        return None
    steps = number if named == unit or unit not in _LARGE else number * 1000
    return int(steps) if steps == steps.to_integral_value() else None


def grid_text(increment: int, minimum: int, unit: str) -> str:
    """``in steps of 50 g, from 100 g``; nothing for single pieces."""
    if unit == "each" and increment == minimum == 1:
        return ""
    steps = f"in steps of {quantity_text(increment, unit)}"
    return steps if minimum == increment else f"{steps}, from {quantity_text(minimum, unit)}"


def per_text(unit: str) -> str:
    """``/kg`` behind the price of goods by weight, ``/L`` by volume, nothing for pieces."""
    return f"/{SHOWN[unit]}" if unit in SHOWN else ""


def _per(unit: str) -> Literal["kg", "l"]:
    return "kg" if unit == "g" else "l"
