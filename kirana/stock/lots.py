"""Which lots goods leave and join: first expired first out, nothing out of date is sold. Pure."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

import msgspec

# What was on hand before lots were kept, and comes back of what was sold before.
BEFORE = "before"
LONGEST_CODE = 40
# Why all goods are booked out and in again.
BEGUN, ENDED = "Lots are kept from here on", "Lots are kept no longer"


class Part(msgspec.Struct, frozen=True):
    """A lot's part of a movement; ``balance`` is what the lot holds afterwards."""

    lot_id: int
    delta: int
    balance: int


class LotState(msgspec.Struct):
    """A lot as it stands in a transaction that holds its level's lock."""

    id: int
    product_id: int
    code: str
    best_before: date | None
    sold_until: datetime | None
    on_hand: int


class LotBook:
    """The lots of some products, judged at one moment, and what is moved between them."""

    def __init__(self, lots: Iterable[Any], tracked: Iterable[int], at: datetime) -> None:
        states = [
            LotState(row.id, row.product_id, row.code, row.best_before, row.sold_until, row.on_hand)
            for row in lots
        ]
        # Undated goods keep: they go last.
        states.sort(key=lambda lot: (lot.sold_until is None, lot.sold_until or at, lot.id))
        self._lots = {lot.id: lot for lot in states}
        self._tracked = frozenset(tracked)
        self._at = at
        self.moved: dict[int, int] = {}

    def keeps(self, product_id: int) -> bool:
        return product_id in self._tracked

    def is_over(self, lot: LotState) -> bool:
        return lot.sold_until is not None and lot.sold_until <= self._at

    def first_out(self, product_id: int) -> list[LotState]:
        """The product's lots, first expired first, out of date ones included."""
        return [lot for lot in self._lots.values() if lot.product_id == product_id]

    def in_date(self, product_id: int) -> list[LotState]:
        return [lot for lot in self.first_out(product_id) if not self.is_over(lot)]

    def find(self, product_id: int, code: str) -> LotState | None:
        return {lot.code: lot for lot in self.first_out(product_id)}.get(code)

    def add(self, lot: LotState) -> LotState:
        return self._lots.setdefault(lot.id, lot)

    def take(self, lots: Sequence[LotState], quantity: int) -> tuple[Part, ...]:
        """``quantity`` out of ``lots``, in their order. Raises ValueError if they hold less."""
        parts = []
        for lot in lots:
            part = min(lot.on_hand, quantity)
            if part:
                parts.append(self.move(lot.id, -part))
                quantity -= part
        if quantity:
            raise ValueError(f"the lots hold {quantity} less than their level")
        return tuple(parts)

    def free(self, product_id: int, reserved: int) -> int:
        """What is in date beyond what is ``reserved``."""
        return sum(lot.on_hand for lot in self.in_date(product_id)) - reserved

    def sell(self, product_id: int, quantity: int) -> tuple[Part, ...]:
        """The parts of a sale; none where lots are not kept."""
        if not self.keeps(product_id):
            return ()
        return self.take(self.in_date(product_id), quantity)

    def move(self, lot_id: int, delta: int) -> Part:
        lot = self._lots[lot_id]
        lot.on_hand += delta
        self.moved[lot_id] = lot.on_hand
        return Part(lot_id, delta, lot.on_hand)

    def overdrawn(self, parts: Sequence[Part], product_id: int, reserved: int) -> int | None:
        """How much was free, if ``parts`` (already moved) left less in date than is reserved."""
        good = {lot.id for lot in self.in_date(product_id)}
        taken = -sum(part.delta for part in parts if part.lot_id in good)
        left = self.free(product_id, reserved)
        return max(0, left + taken) if taken > 0 > left else None
