"""Reading holds for the sweep."""

from sqlalchemy import Connection, and_, or_, select

from kirana.platform import clock
from kirana.platform.db import query
from kirana.stock.availability import available, is_over
from kirana.stock.models import Reservation, StockLevel

PAGE = 200


@query
def list_ending(connection: Connection, after: int) -> list[int]:
    """A page of the products with holds to end, by ascending id, from behind ``after``.

    Lapsed ones, and such on goods that went out of date while they were kept.
    """
    now = clock.now(connection)
    spoilt = and_(StockLevel.tracks_lots, available(now) < 0)
    found = (
        select(Reservation.product_id)
        .distinct()
        .join(StockLevel, StockLevel.product_id == Reservation.product_id)
        .where(or_(is_over(now), spoilt), Reservation.product_id > after)
    )
    page = found.order_by(Reservation.product_id).limit(PAGE)
    return list(connection.execute(page).scalars())
