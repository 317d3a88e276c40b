"""What becomes of the baskets of somebody who was suspended or erased, or who never came back."""

from datetime import timedelta

from sqlalchemy import Connection, delete, select, update

from kirana.cart.models import Cart, CartLine
from kirana.platform import clock
from kirana.platform.purging import purge_rows
from kirana.stock.services.holds import shrink_hold

# As long as the cookie lasts by which a guest's basket is found.
GUESTS_KEPT = timedelta(days=90)


def let_go_of_goods(connection: Connection, *, account_id: int) -> None:
    """Keep nothing for an account any longer; its basket stays. Locks the cart, then the levels.

    Subscribed to ``account_suspended``; the account is locked.
    """
    mine = (Cart.account_id == account_id, Cart.status == "open")
    lock = update(Cart).where(*mine).values(version=Cart.version + 1).returning(Cart.id)
    for cart_id in connection.execute(lock).scalars().all():
        shrink_hold(cart_id)


def forget_baskets(connection: Connection, account_id: int) -> None:
    """Empty and abandon the open basket, and let go of what is kept for it; the lines of orders
    lose their notes. Safe to repeat."""
    mine = Cart.account_id == account_id
    ends = {"status": "abandoned", "updated_at": clock.now(connection)}
    abandon = update(Cart).where(mine, Cart.status == "open").values(ends).returning(Cart.id)
    for cart_id in connection.execute(abandon).scalars().all():
        shrink_hold(cart_id)
    of = CartLine.cart_id.in_(select(Cart.id).where(mine, Cart.status != "ordered"))
    connection.execute(delete(CartLine).where(of))
    kept = CartLine.cart_id.in_(select(Cart.id).where(mine))
    connection.execute(update(CartLine).where(kept).values(note=""))


def forget_guests_baskets() -> int:
    """Forget what guests left behind, once their cookies are gone; returns how many baskets."""
    of_guests = Cart.guest_hash.is_not(None)
    return purge_rows(Cart.updated_at, GUESTS_KEPT, of_guests, along=CartLine.cart_id)
