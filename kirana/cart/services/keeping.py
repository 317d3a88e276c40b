"""For how long goods are kept for a basket, however often checkout is started anew."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, select, update

from kirana.cart.errors import KeptLongEnough
from kirana.cart.models import Cart
from kirana.platform import clock
from kirana.platform.db import query, verb
from kirana.platform.prepared import Prepared
from kirana.stock.availability import MOST_LIVES

_CART = Cart.id == bindparam("of_cart")
_SINCE = Prepared(select(Cart.kept_since).where(_CART))
_FIRST = Prepared(update(Cart).where(_CART).values(kept_since=bindparam("first")))


@verb
def keep_until(connection: Connection, cart_id: int, minutes: int) -> datetime:
    """Until when goods are kept that are asked for now, for a cart that is locked.

    Raises KeptLongEnough for one life after the most lives, counted from the first time, whether
    they were kept all the while or not.
    """
    now, life = clock.now(connection), timedelta(minutes=minutes)
    since = _since(connection, cart_id)
    # In the future where a clock went back.
    if since is None or not since <= now < since + (MOST_LIVES + 1) * life:
        since = now
        _FIRST.count(connection, {"of_cart": cart_id, "first": now})
    until = min(now + life, since + MOST_LIVES * life)
    if until <= now:
        raise KeptLongEnough
    return until


@query
def kept_on_until(connection: Connection, cart_id: int, minutes: int) -> datetime:
    """Until when what is kept for a cart may be kept on; now or before: no longer."""
    now, life = clock.now(connection), timedelta(minutes=minutes)
    since = _since(connection, cart_id) or now
    return min(now + life, since + MOST_LIVES * life)


def _since(connection: Connection, cart_id: int) -> datetime | None:
    since: datetime | None = _SINCE.scalar(connection, {"of_cart": cart_id})
    return since
