"""Each amount of a quote by its rule, in words and numbers. Pure."""

from kirana.catalog.units import quantity_text
from kirana.platform.money import format_money
from kirana.pricing.quote import Quote, QuotedLine, StoreQuote, Wish
from kirana.pricing.tax import percent_text

_ROUNDED = ", rounded half up"


def line_rule(line: QuotedLine, currency: str) -> str:
    """``1.35 kg × ₹80 per kg = ₹108``; says so where it was rounded."""
    wish = line.wish
    per = "" if wish.unit == "each" and wish.price_per == 1 else f" per {_size(wish)}"
    price = f"{format_money(wish.price_minor, currency)}{per}"
    is_rounded = wish.price_minor * wish.quantity % wish.price_per != 0
    amount = format_money(line.total_minor, currency)
    taken = quantity_text(wish.quantity, wish.unit)
    return f"{taken} × {price} = {amount}{_ROUNDED * is_rounded}"


def tax_rule(line: QuotedLine, included: bool, currency: str) -> str:
    """``5 % contained: ₹108 × 5 ÷ 105 = ₹5.14, rounded half up``."""
    rate = line.tax_basis_points
    if not rate:
        return "no tax"
    whole = 10_000 + rate if included else 10_000
    is_rounded = line.total_minor * rate % whole != 0
    how = "contained" if included else "on top"
    return (
        f"{percent_text(rate)} {how}: {format_money(line.total_minor, currency)}"
        f" × {_hundredths(rate)} ÷ {_hundredths(whole)}"
        f" = {format_money(line.tax_minor, currency)}{_ROUNDED * is_rounded}"
    )


def total_rule(part: StoreQuote, currency: str) -> str:
    """``₹108 for the goods + ₹5.40 tax 5 % = ₹113.40``."""
    goods = f"{format_money(part.lines_minor, currency)} for the goods"
    beside = [f"{format_money(x.amount_minor, currency)} {x.label.lower()}" for x in part.charges]
    return " + ".join([goods, *beside]) + f" = {format_money(part.total_minor, currency)}"


def sum_rule(found: Quote, currency: str) -> str:
    """``₹108 + ₹40 = ₹148``: the stores' totals."""
    parts = [format_money(part.total_minor, currency) for part in found.stores]
    return " + ".join(parts) + f" = {format_money(found.total_minor, currency)}" if parts else ""


def _size(wish: Wish) -> str:
    """What the price is for: ``kg``, ``100 g``."""
    text = quantity_text(wish.price_per, wish.unit)
    return text.removeprefix("1 ")


def _hundredths(basis_points: int) -> str:
    return percent_text(basis_points).removesuffix(" %")
