"""A guest's basket joins the account's at sign-in."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select

from kirana.cart.models import CartLine
from kirana.cart.services.carts import abandon_cart, lock_or_open_cart
from kirana.cart.services.line_writes import add_lines, set_line_to
from kirana.cart.steps import MOST_LINES, floored, largest
from kirana.catalog.models import Product
from kirana.catalog.units import quantity_text
from kirana.platform import clock
from kirana.platform.access import Actor
from kirana.platform.probes import reached
from kirana.stock.availability import within_reach
from kirana.stock.models import StockLevel


def merge_guest_cart(
    connection: Connection, *, account_id: int, guest_hash: str, **_facts: Any
) -> str | None:
    """Move what a guest gathered into the account's basket; returns a note for the person.

    Rule: of a product in both the larger quantity stays, so that signing in twice or on two
    devices doubles nothing; what was added is capped by stock and by the limits of a basket.
    The guest's cart is abandoned. Locks the guest's cart, then the account's.
    """
    guest_cart = abandon_cart(connection, Actor(guest_hash=guest_hash)) if guest_hash else None
    if guest_cart is None:
        return None
    if not _lines(connection, guest_cart, guest_cart):
        return None
    cart_id = lock_or_open_cart(connection, Actor(account_id=account_id))
    gathered = _lines(connection, guest_cart, cart_id)
    held = {row.product_id: row.quantity for row in _lines(connection, cart_id, cart_id)}
    reached("cart.merging")
    room = MOST_LINES - len(held)
    fresh = [row for row in gathered if row.product_id not in held]
    fitting, left_out = fresh[:room], fresh[room:]
    add_lines(
        connection,
        cart_id,
        [(row.product_id, _capped(row), row.price_seen_minor) for row in fitting],
    )
    known = [row for row in gathered if row.product_id in held]
    raised = [row for row in known if _there(row) and _capped(row) > held[row.product_id]]
    for row in raised:
        set_line_to(connection, cart_id, row.product_id, _capped(row), row.price_seen_minor)
    got = {row: _capped(row) for row in [*fitting, *raised]}
    got |= {row: held[row.product_id] for row in known if row not in got}
    less = [(row, quantity) for row, quantity in got.items() if quantity < row.quantity]
    return _note(len(fitting) + len(raised), less, left_out)


def _lines(connection: Connection, cart_id: int, taker: int) -> Sequence[Any]:
    """What is in a cart, with how much of it the cart ``taker`` could have."""
    return connection.execute(
        select(
            CartLine.product_id, CartLine.quantity, CartLine.price_seen_minor, Product.title,
            Product.minimum, Product.increment, Product.price_per, Product.unit,
            within_reach(taker, clock.now(connection)).label("available"),
        )
        .join(Product, Product.id == CartLine.product_id)
        .outerjoin(StockLevel, StockLevel.product_id == Product.id)
        .where(CartLine.cart_id == cart_id)
        .order_by(CartLine.id)
    ).all()  # fmt: skip


def _capped(row: Any) -> int:
    """The wish, at most what is there; a wish for what is sold out stays as it was."""
    most = largest(row.price_per, row.minimum, row.increment)
    wished: int = row.quantity
    return min(wished, most, _there(row) or wished)


def _there(row: Any) -> int:
    """How much of it can be ordered, on its grid."""
    return floored(max(0, row.available or 0), row.minimum, row.increment)


def _note(merged: int, less: Sequence[tuple[Any, int]], left_out: Sequence[Any]) -> str | None:
    if not merged and not left_out and not less:
        return "Your basket already had everything from before you signed in."
    things = "1 thing" if merged == 1 else f"{merged or 'No'} things"
    parts = [f"{things} from before joined your basket."]
    if less:
        wishes = ", ".join(_less(row, got) for row, got in less)
        parts.append(f"There is less than you wished of: {wishes}.")
    if left_out:
        parts.append(f"Your basket is full; these were left out: {_titles(left_out)}.")
    return " ".join(parts)


def _less(row: Any, got: int) -> str:
    """``Milk (3 instead of 8)``."""
    there, wished = (quantity_text(each, row.unit) for each in (got, row.quantity))
    return f"{row.title} ({there} instead of {wished})"


def _titles(rows: Sequence[Any]) -> str:
    return ", ".join(row.title for row in rows)
