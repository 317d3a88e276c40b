"""The two writes of a basket's lines. The cart is locked, and what may be in it was judged."""

from collections.abc import Iterable

from sqlalchemy import Connection, bindparam, update

from kirana.cart.models import CartLine
from kirana.platform import clock
from kirana.platform.inserts import insert_rows
from kirana.platform.prepared import Prepared

_SET = Prepared(
    update(CartLine)
    .where(CartLine.cart_id == bindparam("of_cart"), CartLine.product_id == bindparam("of_product"))
    .values(quantity=bindparam("set_to"), price_seen_minor=bindparam("seen"))
)


def add_lines(connection: Connection, cart_id: int, lines: Iterable[tuple[int, int, int]]) -> None:
    """New lines of a cart: (product id, quantity in steps, price seen in minor units)."""
    line = {"cart_id": cart_id, "created_at": clock.now(connection)}
    rows = [
        {**line, "product_id": product_id, "quantity": quantity, "price_seen_minor": price}
        for product_id, quantity, price in lines
    ]
    insert_rows(connection, CartLine, rows)


def set_line_to(
    connection: Connection, cart_id: int, product_id: int, quantity: int, price_minor: int
) -> None:
    """Another quantity of a line that is there, at the price seen now."""
    line = {"of_cart": cart_id, "of_product": product_id}
    _SET.count(connection, {**line, "set_to": quantity, "seen": price_minor})
