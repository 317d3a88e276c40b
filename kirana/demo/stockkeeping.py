"""Deliveries, sales and returns as one ledger for each product, and the levels they end at."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from kirana.demo.founding import Found, Moment
from kirana.demo.lotkeeping import DATED, LotKeeper
from kirana.demo.rows import Rows
from kirana.demo.trading import StockChange
from kirana.platform.clock import local_midnight
from kirana.stock.bands import usual_low_at
from kirana.stock.models import StockLevel, StockMovement

DELIVERY_AT = timedelta(hours=5, minutes=30)
DAYS_OF_SUPPLY = 8
SOLD_OUT, RUNNING_LOW = 6, 14
OUT_OF_DATE, LEFT_OUT_OF_DATE = 2, 3
_SPOILS = ("fruit", "vegetables", "bakery")


class StockBook:
    """Writes movements in order, each with the balance it leaves."""

    def __init__(self, rows: Rows, products: Mapping[str, Found], lots: LotKeeper) -> None:
        self._rows = rows
        self._products = products
        self.lots = lots
        self.on_hand: Counter[str] = Counter()
        self._entries: Counter[str] = Counter()
        self._latest: dict[str, datetime] = {}

    def move(self, sku: str, kind: str, delta: int, at: datetime, **given: Any) -> None:
        if delta == 0:
            return
        self.on_hand[sku] += delta
        self._entries[sku] += 1
        self._latest[sku] = at
        values = {"order_line_id": None, "actor_id": None, "reason": "", "reason_code": None}
        values |= given
        found = self._products[sku]
        movement_id = self._rows.add(
            StockMovement, product_id=found.id, kind=kind, delta=delta,
            balance_after=self.on_hand[sku], at=at, **values,
        )  # fmt: skip
        if found.product.category in DATED:
            self.lots.move(found, movement_id, delta, at, given.get("order_line_id"))

    def is_still(self, sku: str, at: datetime) -> bool:
        """Whether nothing of it moved after ``at``: it was there by then, and is as it was."""
        return self._latest[sku] <= at

    def dated(self) -> list[str]:
        """The goods whose lots are kept."""
        found = self._products.items()
        return sorted(sku for sku, one in found if one.product.category in DATED)

    def close(self, now: datetime) -> None:
        """One level for each product, as its movements add up."""
        self.lots.close(now)
        for sku, found in self._products.items():
            product = found.product
            self._rows.add_keyed(
                StockLevel, product_id=found.id, on_hand=self.on_hand[sku], reserved=0,
                low_at=usual_low_at(product.unit, product.minimum),
                tracks_lots=product.category in DATED,
                version=1 + self._entries[sku],
            )  # fmt: skip


def keep_stock(
    book: StockBook,
    products: Mapping[str, Found],
    changes: list[StockChange],
    moment: Moment,
    zone: ZoneInfo,
) -> None:
    """Play the days one by one: a delivery in the morning, the day's sales, now and then waste."""
    days = [
        (day, list(of_day))
        for day, of_day in groupby(changes, key=lambda change: change.at.astimezone(zone).date())
    ]
    needs = _needs(products, days)
    begins = local_midnight(days[0][0], zone) - timedelta(hours=10)
    for sku, found in products.items():
        arrived = moment.now - timedelta(days=found.product.created_days_ago)
        _deliver(book, found.product.sku, needs[sku], max(begins, arrived))
    for day, of_day in days:
        morning = min(local_midnight(day, zone) + DELIVERY_AT, of_day[0].at)
        for sku in products:
            if book.on_hand[sku] < needs[sku][0]:
                _deliver(book, sku, needs[sku], morning)
        if day == days[-1][0]:
            _let_expire(book, needs, day, morning)
        for change in of_day:
            book.move(
                change.sku, change.kind, change.delta, change.at,
                order_line_id=change.order_line_id, actor_id=change.actor_id, reason=change.order,
            )  # fmt: skip
        if day != days[-1][0]:
            _throw_away(book, products, moment.chance, _closing(day, zone))
    _count_shelves(book, products, moment)


def _needs(
    products: Mapping[str, Found], days: Iterable[tuple[date, list[StockChange]]]
) -> dict[str, tuple[int, int]]:
    """By number: what must be there in the morning, and what a delivery fills up to.

    The first is the best day's sale, so that no day of the history runs out.
    """
    best: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for _day, of_day in days:
        sold: dict[str, int] = defaultdict(int)
        for change in of_day:
            if change.kind == "sold":
                sold[change.sku] -= change.delta
        for sku, quantity in sold.items():
            best[sku] = max(best[sku], quantity)
            total[sku] += quantity
    needs = {}
    for sku, found in products.items():
        product = found.product
        least = 12 if product.unit == "each" else 30 * product.minimum
        supply = total[sku] * DAYS_OF_SUPPLY // 120
        case = 1000 if product.unit == "g" else 6 * product.increment
        most = -(-(best[sku] + supply + least) // case) * case
        needs[sku] = (best[sku] + least // 4, most)
    return needs


def _deliver(book: StockBook, sku: str, need: tuple[int, int], at: datetime) -> None:
    book.move(sku, "received", need[1] - book.on_hand[sku], at, reason="Delivery")


def _closing(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(23, 40), zone)


def _throw_away(
    book: StockBook, products: Mapping[str, Found], chance: random.Random, at: datetime
) -> None:
    """On a Sunday night some of the fresh goods are past their best."""
    if at.weekday() != 6:
        return
    for sku, found in products.items():
        product = found.product
        is_fresh = product.department in _SPOILS and not product.brand
        if is_fresh and chance.random() < 0.2 and book.is_still(sku, at):
            spoilt = book.on_hand[sku] // 25 // product.increment * product.increment
            book.move(sku, "wasted", -spoilt, at, reason="Past its best", reason_code="spoilt")


def _let_expire(
    book: StockBook, needs: Mapping[str, tuple[int, int]], day: date, at: datetime
) -> None:
    """This morning some goods are out of date, most of them thrown away already."""
    for sku in book.dated()[:OUT_OF_DATE]:
        left = max(0, book.on_hand[sku] - LEFT_OUT_OF_DATE)
        book.move(sku, "wasted", -left, at, reason="Out of date", reason_code="expired")
        book.lots.let_expire(sku, day - timedelta(days=1))
        _deliver(book, sku, needs[sku], at)


def _count_shelves(book: StockBook, products: Mapping[str, Found], moment: Moment) -> None:
    """A stocktake leaves some goods sold out and some with few left."""
    chosen = moment.chance.sample(sorted(products), SOLD_OUT + RUNNING_LOW)
    for place, sku in enumerate(chosen):
        product = products[sku].product
        left = 0 if place < SOLD_OUT else product.minimum * moment.chance.randint(1, 4)
        if left < book.on_hand[sku]:
            book.move(sku, "adjusted", left - book.on_hand[sku], moment.now, reason="Stocktake")
