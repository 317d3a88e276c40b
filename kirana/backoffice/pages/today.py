"""A manager's first screen: the day so far, orders in hand, what runs low."""

from itertools import count
from typing import Any

from flask import Response

from kirana.accounts.permissions import Permission
from kirana.backoffice.figures import Day, Figures, change_text, store_figures
from kirana.backoffice.pages.blueprint import my_store, pages, store_page, zone_of
from kirana.backoffice.words import ORDER_WORDS, greeting
from kirana.catalog.units import quantity_text
from kirana.orders.queries import list_store_orders
from kirana.orders.shapes import StoreOrdersQuery
from kirana.platform.http import current_actor, requires
from kirana.platform.money import exponent, format_money, round_half_up, short_money
from kirana.platform.shop_settings import settings
from kirana.stock.store_queries import StockedQuery, list_store_products

IN_HAND, LOW = 6, 5


@pages.get("/<store_slug>/today")
@requires(Permission.READ_STORE_FIGURES)
def today(store_slug: str) -> Response:
    """Figures of the day against the same weekday last week."""
    store = my_store(store_slug, Permission.READ_STORE_FIGURES)
    figures = store_figures(store.slug, zone_of(store))
    return store_page(
        "office/today.html", store, greeting=greeting(figures.now, current_actor().name),
        day_text=f"{figures.now:%A} {figures.now.day} {figures.now:%B}", tiles=_tiles(figures),
        chart=_chart(figures.today), orders=_orders_in_hand(store.slug),
        low=_running_low(store.slug), words=ORDER_WORDS,
    )  # fmt: skip


def _tiles(figures: Figures) -> list[dict[str, Any]]:
    now, before, week = figures.today, figures.last_week, figures.week
    weekday = f"than last {figures.now:%A}"
    rows = [
        ("Sales today", _whole(now.total_minor), now.total_minor, before.total_minor,
         [day.total_minor for day in week]),
        ("Orders", str(len(now.sales)), len(now.sales), len(before.sales),
         [len(day.sales) for day in week]),
        ("Average basket", _whole(now.average_minor), now.average_minor, before.average_minor,
         [day.average_minor for day in week]),
    ]  # fmt: skip
    return [
        {
            "label": label,
            "value": text,
            "change": change_text(value, compared),
            "note": weekday if compared else "nothing to compare yet",
            "down": value < compared,
            "points": points,
        }
        for label, text, value, compared, points in rows
    ]


def _chart(day: Day) -> dict[str, Any]:
    hours = day.by_hour()
    peak = axis_top(max(hours), 10 ** exponent(settings().currency))
    bars = [
        {"label": f"{hour:02d}", "value": amount, "text": _money(amount)}
        for hour, amount in enumerate(hours)
        if 6 <= hour <= 22 or amount
    ]
    return {
        "bars": bars,
        "peak": peak,
        "peak_text": short_money(peak, settings().currency),
        "half_text": short_money(peak // 2, settings().currency),
        "summary": f"{len(day.sales)} orders, {_money(day.total_minor)} in all",
    }


def axis_top(peak: int, unit: int) -> int:
    """Where an axis ends: 1, 2, 2.5 or 5 × 10ⁿ units, of which the half is whole too; 0 for 0."""
    tops = (step * 10**zeros for zeros in count() for step in (10, 20, 25, 50))
    return next(top for top in tops if top % 2 == 0 and top * unit >= peak) * unit if peak else 0


def _orders_in_hand(store_slug: str) -> list[Any]:
    found = list_store_orders(current_actor(), store_slug, StoreOrdersQuery(limit=50)).items
    done = ("completed", "cancelled", "returned", "handed_over")
    return [order for order in found if order.status not in done][:IN_HAND]


def _running_low(store_slug: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for band in ("none", "few"):
        wanted = StockedQuery(limit=LOW, stock=band, status="published")
        items = list_store_products(current_actor(), store_slug, wanted).items
        found += [
            {
                "slug": item.slug,
                "title": item.title,
                "picture_url": item.picture_url,
                "left": quantity_text(item.available, item.unit),
                "band": item.stock_band,
            }
            for item in items
        ]
    return found[:LOW]


def _money(minor: int) -> str:
    return format_money(minor, settings().currency)


def _whole(minor: int) -> str:
    """Money without small change, for the tiles."""
    unit = 10 ** exponent(settings().currency)
    return _money(round_half_up(minor, unit) * unit)
