"""Sizes as the shop words them, contents for the unit price, and in-shop barcodes. Pure."""

import re
from dataclasses import dataclass

_MASS = re.compile(r"([\d.]+)\s*(kg|g|ml|L)\b")
_MULTIPLE = re.compile(r"(\d+)\s*×\s*([\d.]+)\s*(g|ml)\b")
_COUNTED = re.compile(r"\((\d+ \w+)\)")
_PLAIN = re.compile(r"^1 (pack|jar|tin|can|box|bunch|loaf|baguette|head|stalk)\b")
_ALONE = re.compile(r"^1 (piece|slice|whole cake|whole|unit)$")
# Contents of these are counted, not weighed.
_NOT_WEIGHED = re.compile(
    r"\b(eggs|rolls|wipes|boxes|tablets|capsules|gummies|unit|roll|pcs pack|bags|sachets)\b"
)


@dataclass(frozen=True, slots=True)
class Packing:
    """``size`` steps of ``unit`` are in the pack; both None where the unit price makes no sense."""

    text: str
    size: int | None
    unit: str | None


def packing_of(unit_text: str, weight_grams: int) -> Packing:
    """Reads the source's free text, such as ``1 pack (6 pcs)`` or ``4 × 150 g``."""
    text = unit_text.strip()
    if several := _MULTIPLE.search(text):
        size = int(several[1]) * _steps(several[2], several[3])
        return Packing(text, size, several[3])
    if stated := _MASS.search(text):
        unit = "ml" if stated[2] in ("ml", "L") else "g"
        size = _steps(stated[1], stated[2])
        if size == 0:
            return Packing(text, None, None)
        return Packing(text.replace(stated[0], mass_text(size, unit)), size, unit)
    if counted := _COUNTED.search(text):
        if "bags" in counted[1]:
            return Packing(counted[1], None, None)
        return Packing(f"{counted[1]} · {mass_text(weight_grams, 'g')}", weight_grams, "g")
    if _NOT_WEIGHED.search(text):
        return Packing("" if text == "1 unit" else text.removesuffix(" pack"), None, None)
    mass = mass_text(weight_grams, "g")
    if plain := _PLAIN.match(text):
        return Packing(f"{mass} {plain[1]}", weight_grams, "g")
    if _ALONE.match(text):
        return Packing(mass, weight_grams, "g")
    return Packing(text, weight_grams, "g")


def mass_text(size: int, unit: str) -> str:
    """``1500`` g → ``1.5 kg``; ``330`` ml → ``330 ml``."""
    if size < 1000:
        return f"{size} {unit}"
    return f"{size / 1000:g} {'kg' if unit == 'g' else 'L'}"


def barcode(prefix: int, number: int) -> str:
    """EAN-13 for use inside a shop: ``prefix`` 20 to 29, ten digits, check digit."""
    digits = f"{prefix:02d}{number:010d}"
    return digits + check_digit(digits)


def check_digit(twelve: str) -> str:
    """The thirteenth digit of an EAN-13."""
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(twelve))
    return str(-weighted % 10)


def _steps(number: str, unit: str) -> int:
    return round(float(number) * (1000 if unit in ("kg", "L") else 1))
