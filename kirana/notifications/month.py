"""How the figures of a month are put into words and bars. Pure."""

from datetime import date
from typing import Any

from kirana.catalog.units import quantity_text
from kirana.platform.money import format_money, round_half_up
from kirana.reports.figures import Bought, CategorySpend, MonthFigures, Week, period_before

# Leaf to paper, as the largest spends come first.
COLOURS = ("#0d6a49", "#3fa27d", "#8fcfb1", "#ffd24a", "#d2cbbb")
BAR_PIXELS = 110


def present(figures: MonthFigures, name: str) -> dict[str, Any]:
    """What the monthly mail shows to ``name``."""
    month = f"{_first(figures.period):%B}"
    if not figures.orders:
        lead = f"you placed no order in {month} {figures.period[:4]}."
        return {"month_name": month, "name": name, "orders": 0, "lead": lead}

    def money(minor: int) -> str:
        return format_money(minor, figures.currency)

    has_before = figures.before_minor > 0
    before = f"{_first(period_before(figures.period)):%B}"
    return {
        "month_name": month,
        "name": name,
        "orders": figures.orders,
        "pieces": figures.items,
        "spent": money(figures.spend_minor),
        "lead": f"{_count(figures.orders, 'order')}, {_count(figures.items, 'item')}, "
        f"{money(figures.spend_minor)} in {month} {figures.period[:4]}.",
        "compared": _compared(figures, before) if has_before else "",
        "kinds": f"from {_count(len(figures.categories), 'category', 'categories')}",
        "average": f"{money(round_half_up(figures.spend_minor, figures.orders))} on average",
        "pale_bars": f"pale bars are {before}" if has_before else "",
        "weeks": _weeks(figures),
        "categories": _categories(figures),
        "most_bought": [
            {
                "title": f"{item.title}, {item.size_text}" if item.size_text else item.title,
                "amount": _amount(item),
                "spent": money(item.spend_minor),
            }
            for item in figures.most_bought
        ],
    }


def _amount(item: Bought) -> str:
    """``3 ×``, or of what is weighed or measured ``2.75 kg``."""
    is_counted = item.unit == "each" or not item.quantity
    return f"{item.pieces} ×" if is_counted else quantity_text(item.quantity, item.unit)


def shares(amounts: list[int]) -> list[int]:
    """Whole percents of the sum that add up to 100, by largest remainder; zeros for no sum."""
    total = sum(amounts)
    if total <= 0:
        return [0] * len(amounts)
    parts = [divmod(amount * 100, total) for amount in amounts]
    found = [whole for whole, _ in parts]
    ranked = sorted(range(len(parts)), key=lambda index: (-parts[index][1], index))
    for index in ranked[: 100 - sum(found)]:
        found[index] += 1
    return found


def _categories(figures: MonthFigures) -> list[dict[str, Any]]:
    """The largest four, the others in one, and what was not for goods."""
    shown = figures.categories[: len(COLOURS) - 1]
    rest = figures.spend_minor - sum(part.spend_minor for part in shown)
    if rest > 0:
        has_others = len(figures.categories) > len(shown)
        label = "Other" if has_others else "Delivery"
        shown = [*shown, CategorySpend(label, rest)]
    percents = shares([part.spend_minor for part in shown])
    return [
        {
            "name": part.name,
            "percent": percent,
            "colour": colour,
            "spent": format_money(part.spend_minor, figures.currency),
        }
        for part, percent, colour in zip(shown, percents, COLOURS, strict=False)
    ]


def _weeks(figures: MonthFigures) -> list[dict[str, Any]]:
    tallest = max((max(week.spend_minor, week.before_minor) for week in figures.weeks), default=0)

    def height(minor: int) -> int:
        return max(1, round_half_up(minor * BAR_PIXELS, tallest)) if tallest else 1

    def show(week: Week) -> dict[str, Any]:
        return {
            "label": f"{week.first}–{week.last} {_first(figures.period):%b}",
            "spent": format_money(week.spend_minor, figures.currency),
            "before": format_money(week.before_minor, figures.currency),
            "height": height(week.spend_minor),
            "before_height": height(week.before_minor),
        }

    return [show(week) for week in figures.weeks]


def _compared(figures: MonthFigures, before: str) -> str:
    """``1.5% more than September``, in whole tenths."""
    change = figures.spend_minor - figures.before_minor
    if change == 0:
        return f"as in {before}"
    tenths = round_half_up(abs(change) * 1000, figures.before_minor)
    number = f"{tenths // 10}.{tenths % 10}".removesuffix(".0")
    return f"{number}% {'more' if change > 0 else 'less'} than {before}"


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def _first(period: str) -> date:
    return date.fromisoformat(f"{period}-01")
