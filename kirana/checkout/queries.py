"""What is kept for the caller while they check out."""

from datetime import datetime

import msgspec
from sqlalchemy import Connection, and_, case, func, select

from kirana.cart.models import Cart, CartLine
from kirana.cart.queries import owned_open_cart
from kirana.platform import clock
from kirana.platform.access import Actor
from kirana.platform.db import query
from kirana.stock.models import Reservation


class Hold(msgspec.Struct, frozen=True):
    """``until`` is None where nothing is kept; ``is_whole``: every line is, as far as it goes."""

    until: datetime | None = None
    is_whole: bool = False


@query
def find_hold(connection: Connection, actor: Actor) -> Hold:
    """The live hold of the caller's basket; one statement on SQLite, two on PostgreSQL."""
    live = and_(
        Reservation.cart_id == CartLine.cart_id,
        Reservation.product_id == CartLine.product_id,
        Reservation.expires_at > clock.now(connection),
    )
    kept = case((Reservation.quantity >= CartLine.quantity, 1), else_=0)
    row = connection.execute(
        select(func.min(Reservation.expires_at), func.count(CartLine.id), func.sum(kept))
        .select_from(CartLine)
        .join(Cart, Cart.id == CartLine.cart_id)
        .outerjoin(Reservation, live)
        .where(owned_open_cart(actor))
    ).one()
    until, lines, whole = row
    return Hold(until, until is not None and lines == whole)
