"""Order lines as bare rows, for stock that leaves with them."""

from typing import Any

from sqlalchemy import Connection, insert

from kirana.cart.models import Cart
from kirana.orders.models import Order, OrderGroup, OrderLine
from kirana.platform.access import Actor
from kirana.platform.columns import new_number
from kirana.platform.db import verb
from kirana.stock.services.selling import LineDemand
from tests.catalog.market import product_row


@verb
def order_lines(connection: Connection, buyer: Actor, *wishes: tuple[str, int]) -> list[LineDemand]:
    """One order group; each wish (slug, quantity) is an order of one line in it."""
    demands = []
    for slug, quantity in wishes:
        product = product_row(slug)
        cart_id = _insert(connection, Cart, account_id=buyer.account_id, status="ordered")
        group_id = _insert(
            connection, OrderGroup, account_id=buyer.account_id, cart_id=cart_id, total_minor=0,
            currency="INR", name="A", phone="1", street="S", city="C", postcode="1",
        )  # fmt: skip
        number = new_number()
        order_id = _insert(
            connection, Order, number=number, group_id=group_id, store_id=product.store_id,
            account_id=buyer.account_id, lines_minor=0, total_minor=0, currency="INR",
        )  # fmt: skip
        line_id = _insert(
            connection, OrderLine, order_id=order_id, product_id=product.id, title=product.title,
            sku=product.sku, category_name="C", unit=product.unit, quantity=quantity,
            price_minor=0, price_per=1, tax_class="zero", tax_basis_points=0, tax_minor=0,
            total_minor=0,
        )  # fmt: skip
        demands.append(LineDemand(product.id, line_id, quantity, number))
    return demands


def _insert(connection: Connection, table: Any, **values: Any) -> int:
    return int(connection.execute(insert(table).values(**values).returning(table.id)).scalar_one())
