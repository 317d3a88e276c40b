"""What a test needs to buy something."""

from typing import Any

from sqlalchemy import Connection, func, select

from kirana.cart.queries import basket_view
from kirana.checkout.services import check_out
from kirana.orders.shapes import Delivery, GroupView
from kirana.platform.access import Actor
from kirana.platform.amounts import Money
from kirana.platform.db import query
from kirana.platform.tables import Model
from kirana.stock.models import StockLevel

HOME = Delivery("Asha Rao", "+91 98450 12345", "12 Lake Road", "Bengaluru", "560001", "Ring twice")


def buy(actor: Actor) -> GroupView:
    """Order the basket at the total that it shows."""
    return check_out(actor, HOME, Money(basket_view(actor).total_minor, "INR"))


@query
def count(connection: Connection, table: type[Model], *where: Any) -> int:
    found = select(func.count()).select_from(table.__table__).where(*where)
    return connection.execute(found).scalar_one()


@query
def rows(connection: Connection, table: type[Model]) -> list[Any]:
    """All rows of a table, oldest first."""
    return list(connection.execute(select(table.__table__).order_by(table.__table__.c.id)))


@query
def stock_levels(connection: Connection) -> dict[int, int]:
    """What is on hand, by product."""
    rows = connection.execute(select(StockLevel.product_id, StockLevel.on_hand))
    return {row.product_id: row.on_hand for row in rows}
