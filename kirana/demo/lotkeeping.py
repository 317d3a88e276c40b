"""Lots of the goods that carry a date: each delivery is one, and what came first goes first."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from kirana.demo.founding import Found
from kirana.demo.rows import Rows
from kirana.platform.clock import local_midnight
from kirana.stock.models import Lot, LotMovement

DATED = ("milk", "yogurt", "bread")
_KEEPS_DAYS = {"milk": 12, "yogurt": 20, "bread": 5}
# What is left of the last delivery lasts for some weeks of looking at the demo.
_LAST_DAYS = 21


@dataclass(slots=True)
class _Lot:
    number: int
    found: Found
    received_at: datetime
    best_before: date
    on_hand: int = 0
    is_over: bool = False


class LotKeeper:
    """The parts that lots have in the movements of dated goods."""

    def __init__(self, rows: Rows, zone: ZoneInfo) -> None:
        self._rows = rows
        self._zone = zone
        self._lots: list[_Lot] = []
        self._of: dict[str, list[_Lot]] = defaultdict(list)
        self._sold: dict[int, list[tuple[_Lot, int]]] = {}
        # (lot, movement, part, rest), written once the lots they refer to are.
        self._parts_of: list[tuple[_Lot, int, int, int]] = []

    def move(
        self, found: Found, movement_id: int, delta: int, at: datetime, line: int | None
    ) -> None:
        """Take note of the parts of one movement."""
        parts = list(self._parts(found, delta, at, line))
        if delta < 0 and line is not None:
            self._sold[line] = parts
        for lot, part in parts:
            lot.on_hand += part
            if delta < 0 and line is not None:
                # Nothing is sold past its date, so no date is before the last sale.
                lot.best_before = max(lot.best_before, at.astimezone(self._zone).date())
            self._parts_of.append((lot, movement_id, part, lot.on_hand))

    def _parts(
        self, found: Found, delta: int, at: datetime, line: int | None
    ) -> Iterator[tuple[_Lot, int]]:
        if delta > 0 and line in self._sold:
            yield from ((lot, -part) for lot, part in self._sold[line])
        elif delta > 0:
            yield self._come(found, at), delta
        else:
            left = -delta
            for lot in sorted(self._of[found.product.sku], key=lambda lot: lot.is_over):
                part = min(lot.on_hand, left)
                if part:
                    yield lot, -part
                    left -= part

    def _come(self, found: Found, at: datetime) -> _Lot:
        days = timedelta(days=_KEEPS_DAYS[found.product.category])
        best_before = at.astimezone(self._zone).date() + days
        lot = _Lot(len(self._lots) + 1, found, at, best_before)
        self._lots.append(lot)
        self._of[found.product.sku].append(lot)
        return lot

    def let_expire(self, sku: str, day: date) -> None:
        """What is left of ``sku`` was good until ``day``, after which none of it was sold."""
        for lot in self._of[sku]:
            lot.best_before, lot.is_over = day, True

    def close(self, now: datetime) -> None:
        """Write lots, then parts. Dates rise from lot to lot; the last are yet to come."""
        today = now.astimezone(self._zone).date()
        for lots in self._of.values():
            latest = date.min
            for lot in lots:
                if lot.on_hand and not lot.is_over:
                    lot.best_before = today + timedelta(days=_LAST_DAYS + lot.found.id % 5)
                latest = lot.best_before = max(latest, lot.best_before)
        keys = [self._write(lot) for lot in self._lots]
        for lot, movement_id, part, rest in self._parts_of:
            self._rows.add(
                LotMovement, movement_id=movement_id, lot_id=keys[lot.number - 1], delta=part,
                balance_after=rest,
            )  # fmt: skip

    def _write(self, lot: _Lot) -> int:
        ends = local_midnight(lot.best_before + timedelta(days=1), self._zone)
        return self._rows.add(
            Lot, product_id=lot.found.id, code=f"L{lot.received_at:%y%m%d}-{lot.number}",
            best_before=lot.best_before, sold_until=ends, on_hand=lot.on_hand,
            received_at=lot.received_at,
        )  # fmt: skip
