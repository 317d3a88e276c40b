"""Why a level is what it is, in words. Pure."""

from collections.abc import Callable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from kirana.catalog.units import Unit, quantity_text
from kirana.stock.views import StoryPart

_COUNTED = {
    "sold": ("in", "order", "orders"),
    "returned": ("of", "order", "orders"),
    "received": ("in", "delivery", "deliveries"),
    "wasted": ("in", "go", "goes"),
    "adjusted": ("in", "correction", "corrections"),
    "transferred": ("in", "transfer", "transfers"),
}
_OUT = {"sold": "sold", "adjusted": "corrected away", "transferred": "sent to another shelf"}
_IN = {
    "received": "received", "returned": "returned", "adjusted": "corrected",
    "transferred": "come from another shelf",
}  # fmt: skip


def told(on_hand: int, parts: Sequence[StoryPart], unit: Unit, zone: ZoneInfo) -> str:
    """``47 = 60 received on 3 Nov 2026 − 12 sold in 9 orders − 1 wasted (damaged)``."""

    def amount(quantity: int) -> str:
        return quantity_text(quantity, unit)

    if not parts:
        return f"{amount(on_hand)}: nothing was booked yet."
    words = [f"{'−' if part.delta < 0 else '+'} {_part(part, amount, zone)}" for part in parts]
    return f"{amount(on_hand)} = {' '.join(words).removeprefix('+ ')}"


def _part(part: StoryPart, amount: Callable[[int], str], zone: ZoneInfo) -> str:
    if part.kind == "wasted":
        word = f"wasted ({part.code})" if part.code else "wasted"
    else:
        word = (_OUT if part.delta < 0 else _IN)[part.kind]
    return f"{amount(abs(part.delta))} {word} {_when(part, zone)}"


def _when(part: StoryPart, zone: ZoneInfo) -> str:
    """The day of a single movement, else how many there were; orders are always counted."""
    of, one, many = _COUNTED[part.kind]
    if part.movements == 1 and part.kind not in ("sold", "returned"):
        return f"on {_day(part.first_at, zone)}"
    counted = f"{of} {part.movements:,} {one if part.movements == 1 else many}"
    first, last = _day(part.first_at, zone), _day(part.last_at, zone)
    if part.kind in ("sold", "returned") or first == last:
        return counted
    return f"{counted} from {first} to {last}"


def _day(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%-d %b %Y}"
