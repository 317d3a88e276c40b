"""What is kept for whom, and time that passes over it."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from kirana.cart.services import set_line
from kirana.catalog.models import Product
from kirana.platform import clock
from kirana.platform.access import Actor
from kirana.platform.config import Settings
from kirana.platform.db import query, verb
from kirana.stock.models import Reservation, StockLevel
from tests.cart.goods import make_person
from tests.checkout.buying import rows
from tests.machinery.databases import SECRET

SETTINGS = Settings(env="test", secret=SECRET)
A_MINUTE = timedelta(minutes=1)


def buyer_with(*wishes: tuple[str, int]) -> Actor:
    """A person with these things in the basket."""
    buyer = make_person()
    for slug, quantity in wishes:
        set_line(buyer, slug, quantity)
    return buyer


def holds() -> list[tuple[int, int]]:
    """(product, quantity) of each hold, oldest first."""
    return [(row.product_id, row.quantity) for row in rows(Reservation)]


@query
def shelf_of(connection: Connection, slug: str) -> tuple[int, int]:
    """(on hand, reserved)."""
    found = select(StockLevel.on_hand, StockLevel.reserved).join(
        Product, Product.id == StockLevel.product_id
    )
    row: Any = connection.execute(found.where(Product.slug == slug)).one()
    return row.on_hand, row.reserved


@verb
def let_lapse(connection: Connection) -> None:
    """The time of every hold is over."""
    over = clock.now(connection) - A_MINUTE
    connection.execute(update(Reservation).values(expires_at=over))
