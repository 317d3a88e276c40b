"""The figures of a store's day: sales, orders, what runs low."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from kirana.orders.models import Order
from kirana.platform import clock
from kirana.platform.db import query
from kirana.platform.money import round_half_up
from kirana.stores.models import Store

WEEK = timedelta(days=7)
SPARK_DAYS = 7
LOST = ("cancelled", "returned")


@dataclass(frozen=True, slots=True)
class Sale:
    """One order as a figure; ``at`` in the store's zone."""

    at: datetime
    total_minor: int


@dataclass(frozen=True, slots=True)
class Day:
    """A day's orders up to one moment of it."""

    sales: Sequence[Sale]

    @property
    def total_minor(self) -> int:
        return sum(sale.total_minor for sale in self.sales)

    @property
    def average_minor(self) -> int:
        return round_half_up(self.total_minor, len(self.sales)) if self.sales else 0

    def by_hour(self) -> list[int]:
        """Sales of each of the 24 hours, in minor units."""
        hours = [0] * 24
        for sale in self.sales:
            hours[sale.at.hour] += sale.total_minor
        return hours


@dataclass(frozen=True, slots=True)
class Figures:
    """Today so far, the same weekday last week up to the same hour, and the last seven days."""

    now: datetime
    today: Day
    last_week: Day
    week: list[Day]


@query
def store_figures(connection: Connection, store_slug: str, zone: ZoneInfo) -> Figures:
    """Figures of a store from its orders that were not cancelled; one statement."""
    now = clock.now(connection).astimezone(zone)
    midnight = clock.local_midnight(now.date(), zone)
    sales = _sales(connection, store_slug, midnight - timedelta(days=SPARK_DAYS), zone)
    days = [_on(sales, now - timedelta(days=back)) for back in range(SPARK_DAYS - 1, -1, -1)]
    same_day = [sale for sale in _on(sales, now - WEEK).sales if sale.at <= now - WEEK]
    return Figures(now, days[-1], Day(same_day), days)


def _on(sales: Sequence[Sale], moment: datetime) -> Day:
    return Day([sale for sale in sales if sale.at.date() == moment.date()])


def _sales(connection: Connection, store_slug: str, since: datetime, zone: ZoneInfo) -> list[Sale]:
    rows: Any = connection.execute(
        select(Order.placed_at, Order.total_minor)
        .join(Store, Store.id == Order.store_id)
        .where(Store.slug == store_slug, Order.placed_at >= since, Order.status.not_in(LOST))
        .order_by(Order.placed_at)
    )
    return [Sale(placed_at.astimezone(zone), total) for placed_at, total in rows]


def change_text(now: int, before: int) -> str:
    """``+9.2 %`` against ``before``, or an empty text where nothing can be compared."""
    if not before:
        return ""
    tenths = round_half_up((now - before) * 1000, before)
    sign = "−" if tenths < 0 else "+"
    return f"{sign}{abs(tenths) // 10}.{abs(tenths) % 10} %"
