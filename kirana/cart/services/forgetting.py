"""What is left of the baskets of somebody whose account was erased."""

from sqlalchemy import Connection, delete, select, update

from kirana.cart.models import Cart, CartLine
from kirana.platform import clock


def forget_baskets(connection: Connection, account_id: int) -> None:
    """Empty and abandon the open basket; the lines of orders lose their notes. Safe to repeat."""
    mine = Cart.account_id == account_id
    of = CartLine.cart_id.in_(select(Cart.id).where(mine, Cart.status != "ordered"))
    connection.execute(delete(CartLine).where(of))
    kept = CartLine.cart_id.in_(select(Cart.id).where(mine))
    connection.execute(update(CartLine).where(kept).values(note=""))
    is_open = (mine, Cart.status == "open")
    now = clock.now(connection)
    connection.execute(update(Cart).where(*is_open).values(status="abandoned", updated_at=now))
