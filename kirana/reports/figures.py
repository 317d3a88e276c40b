"""The figures of one customer's month, from rows that are already cut to it. Pure."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

# Days of the month on which its weeks begin; the last one holds what is left.
WEEKS = (1, 8, 15, 22)
MOST_BOUGHT = 5


class OrderTaken(msgspec.Struct, frozen=True):
    """An order that counts, with the zone of its store."""

    placed_at: datetime
    zone: str
    total_minor: int


class LineBought(msgspec.Struct, frozen=True):
    """Lines of one article that count, added up.

    ``quantity`` is in steps of ``unit``. ``pieces``: a weighed line is one piece.
    """

    title: str
    size_text: str
    category: str
    pieces: int
    spend_minor: int
    unit: str = "each"
    quantity: int = 0


class CategorySpend(msgspec.Struct, frozen=True):
    name: str
    spend_minor: int


class Bought(msgspec.Struct, frozen=True):
    """What was bought of an article; reports of before have no ``quantity``."""

    title: str
    size_text: str
    pieces: int
    spend_minor: int
    unit: str = "each"
    quantity: int = 0


class Week(msgspec.Struct, frozen=True):
    """The days ``first`` to ``last`` of the month, and the same days of the month before."""

    first: int
    last: int
    spend_minor: int
    before_minor: int


class MonthFigures(msgspec.Struct, frozen=True):
    """What a customer ordered in ``period`` (``YYYY-MM``). Cancelled orders do not count.

    ``spend_minor`` holds charges such as delivery too; ``categories`` hold the lines only.
    """

    period: str
    currency: str
    orders: int = 0
    items: int = 0
    spend_minor: int = 0
    before_minor: int = 0
    categories: list[CategorySpend] = []
    most_bought: list[Bought] = []
    weeks: list[Week] = []


class MonthRows(msgspec.Struct):
    """The rows of one customer: of the month, and the orders of the month before."""

    orders: list[OrderTaken] = []
    before: list[OrderTaken] = []
    lines: list[LineBought] = []


def month_figures(period: str, currency: str, rows: MonthRows) -> MonthFigures:
    """Add up one customer's month."""
    return MonthFigures(
        period=period, currency=currency, orders=len(rows.orders),
        items=sum(line.pieces for line in rows.lines), spend_minor=_total(rows.orders),
        before_minor=_total(rows.before), categories=_by_category(rows.lines),
        most_bought=_most_bought(rows.lines), weeks=_weeks(period, rows.orders, rows.before),
    )  # fmt: skip


def last_day(period: str) -> int:
    """The number of days in ``period``."""
    first = date.fromisoformat(f"{period}-01")
    following = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
    return (following - timedelta(days=1)).day


def period_before(period: str) -> str:
    first = date.fromisoformat(f"{period}-01")
    return f"{first - timedelta(days=1):%Y-%m}"


def _total(orders: Iterable[OrderTaken]) -> int:
    return sum(order.total_minor for order in orders)


def _by_category(lines: Iterable[LineBought]) -> list[CategorySpend]:
    totals: dict[str, int] = {}
    for line in lines:
        totals[line.category] = totals.get(line.category, 0) + line.spend_minor
    ranked = sorted(totals.items(), key=lambda item: (-item[1], item[0]))
    return [CategorySpend(name, spend) for name, spend in ranked]


def _most_bought(lines: Iterable[LineBought]) -> list[Bought]:
    totals: dict[tuple[str, str, str], list[int]] = {}
    for line in lines:
        of_article = totals.setdefault((line.title, line.size_text, line.unit), [0, 0, 0])
        for place, amount in enumerate((line.pieces, line.spend_minor, line.quantity)):
            of_article[place] += amount
    ranked = sorted(totals.items(), key=lambda item: (-item[1][0], -item[1][1], item[0]))
    return [
        Bought(title, size_text, pieces, spend, unit, quantity)
        for (title, size_text, unit), (pieces, spend, quantity) in ranked[:MOST_BOUGHT]
    ]


def _weeks(period: str, orders: Iterable[OrderTaken], before: Iterable[OrderTaken]) -> list[Week]:
    now, earlier = _by_week(orders), _by_week(before)
    ends = [*(first - 1 for first in WEEKS[1:]), last_day(period)]
    return [
        Week(first, last, now[index], earlier[index])
        for index, (first, last) in enumerate(zip(WEEKS, ends, strict=True))
    ]


def _by_week(orders: Iterable[OrderTaken]) -> list[int]:
    totals = [0] * len(WEEKS)
    for order in orders:
        day = order.placed_at.astimezone(ZoneInfo(order.zone)).day
        totals[sum(day >= first for first in WEEKS) - 1] += order.total_minor
    return totals
