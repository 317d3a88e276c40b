"""Money in integer minor units of one currency. No float anywhere."""

import re
from decimal import Decimal
from functools import lru_cache

# ISO 4217 exponents that differ from two.
_EXPONENTS = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "ISK": 0, "UGX": 0} | {
    "KWD": 3, "BHD": 3, "OMR": 3, "JOD": 3, "TND": 3,
}  # fmt: skip
_SIGNS = {"INR": "₹", "EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "KWD": "KD "}
LARGEST = 10**12
LONGEST_TYPED = 24  # a Decimal keeps 28 digits
# 1234, 1,234 or 12,34,567, and decimals after a point. A comma elsewhere may have been a point.
_TYPED = re.compile(
    r"([0-9]+|[1-9][0-9]{0,2}(,[0-9]{3})+|[1-9][0-9]?(,[0-9]{2})*,[0-9]{3})(\.[0-9]+)?"
)


def exponent(currency: str) -> int:
    return _EXPONENTS.get(currency, 2)


def sign(currency: str) -> str:
    """What stands before an amount: ``₹``, or the code and a space."""
    return _SIGNS.get(currency, currency + " ")


def typed_minor(text: str, currency: str) -> Decimal | None:
    """What a person typed as whole money, in minor units and parts of them; None if no amount."""
    text = text.strip()
    if len(text) > LONGEST_TYPED or not _TYPED.fullmatch(text):
        return None
    return Decimal(text.replace(",", "")).scaleb(exponent(currency))


def round_half_up(numerator: int, denominator: int) -> int:
    """Integer division, a half away from zero. ``denominator`` > 0."""
    sign = -1 if numerator < 0 else 1
    return sign * ((2 * abs(numerator) + denominator) // (2 * denominator))


def share(amount: int, basis_points: int) -> int:
    """``basis_points`` of ``amount``, rounded half up."""
    return round_half_up(amount * basis_points, 10_000)


def tax_within(amount: int, basis_points: int) -> int:
    """The tax contained in a tax-inclusive ``amount``, rounded half up."""
    return round_half_up(amount * basis_points, 10_000 + basis_points)


@lru_cache(maxsize=8192)
def format_money(minor: int, currency: str) -> str:
    """``128400`` INR → ``₹1,284``; ``9450`` → ``₹94.50``. Indian grouping for INR."""
    digits = exponent(currency)
    whole, part = divmod(abs(minor), 10**digits)
    text = _grouped(whole, currency)
    if part:
        text += f".{part:0{digits}d}"
    return ("−" if minor < 0 else "") + sign(currency) + text


def short_money(minor: int, currency: str) -> str:
    """For charts and tiles: whole units, thousands as ``k`` from 10,000 on (``₹13.5k``)."""
    whole = round_half_up(minor, 10 ** exponent(currency))
    if whole < 10_000:
        return f"{sign(currency)}{whole:,}"
    tenths = round_half_up(whole, 100)
    part = f".{tenths % 10}" if tenths % 10 and whole < 1_000_000 else ""
    return f"{sign(currency)}{tenths // 10:,}{part}k"


def decimal_text(minor: int, currency: str) -> str:
    """Plain decimal for files: ``9450`` INR → ``94.50``, ``-5`` → ``-0.05``."""
    digits = exponent(currency)
    whole, part = divmod(abs(minor), 10**digits)
    sign = "-" if minor < 0 else ""
    return f"{sign}{whole}.{part:0{digits}d}" if digits else f"{sign}{whole}"


def _grouped(whole: int, currency: str) -> str:
    if currency != "INR" or whole < 100_000:
        return f"{whole:,}"
    head, tail = divmod(whole, 1000)
    parts = [f"{tail:03d}"]
    while head >= 100:
        head, pair = divmod(head, 100)
        parts.append(f"{pair:02d}")
    return ",".join([str(head), *reversed(parts)])
