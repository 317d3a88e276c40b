"""Reading holds for the sweep."""

from sqlalchemy import Connection, select

from kirana.platform import clock
from kirana.platform.db import query
from kirana.stock.models import Reservation

PAGE = 200


@query
def list_lapsed(connection: Connection, after: int) -> list[int]:
    """A page of the products with lapsed holds, by ascending id, from behind ``after``."""
    lapsed = Reservation.expires_at <= clock.now(connection)
    found = select(Reservation.product_id).distinct().where(lapsed, Reservation.product_id > after)
    page = found.order_by(Reservation.product_id).limit(PAGE)
    return list(connection.execute(page).scalars())
