"""What is kept for the caller while they check out."""

from datetime import datetime

import msgspec

from kirana.cart.queries import BasketView
from kirana.platform import clock
from kirana.stock.availability import FARTHEST_END


class Hold(msgspec.Struct, frozen=True):
    """``until`` is None where nothing is kept; ``is_whole``: every line is, as far as it goes."""

    until: datetime | None = None
    is_whole: bool = False


def hold_of(basket: BasketView) -> Hold:
    """The live hold of a basket, as that was read."""
    now = clock.utc_now()
    far = now + FARTHEST_END
    kept = [line for line in basket.lines if line.held_until and now < line.held_until <= far]
    if not kept:
        return Hold()
    until = min(line.held_until for line in kept if line.held_until)
    # Of what went out of date while it was kept less may be there.
    whole = sum(min(line.held, line.available) >= line.quantity for line in kept)
    return Hold(until, whole == len(basket.lines))
