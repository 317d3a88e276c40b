"""Putting things into a basket and taking them out."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, func, select

from kirana.cart import steps
from kirana.cart.errors import BasketFull, NotEnough, NotForSale, OffGrid, TooMuch
from kirana.cart.models import CartLine
from kirana.cart.queries import EMPTY, BasketView, basket_view
from kirana.cart.services.carts import lock_open_cart, lock_or_open_cart
from kirana.cart.services.line_writes import add_lines, set_line_to
from kirana.catalog.models import Product
from kirana.catalog.units import nearest_on_grid, on_grid
from kirana.platform import clock
from kirana.platform.access import Actor
from kirana.platform.db import verb
from kirana.platform.errors import NotFound
from kirana.platform.prepared import Prepared
from kirana.platform.probes import reached
from kirana.platform.rows import existing
from kirana.platform.tables import Id
from kirana.stock.availability import NOW, around, within_reach
from kirana.stock.models import StockLevel
from kirana.stock.services.holds import shrink_hold
from kirana.stores.models import Store

_CART: ColumnElement[int] = bindparam("in_cart", type_=Id)
_FOR_CART = Prepared(
    select(
        Product.id, Product.status, Product.unit, Product.increment, Product.minimum,
        Product.price_per, Product.price_minor, Store.status.label("store_status"),
        within_reach(_CART, NOW).label("available"), CartLine.quantity.label("held"),
        select(func.count()).where(CartLine.cart_id == _CART).scalar_subquery().label("lines"),
    )
    .join(Store, Store.id == Product.store_id)
    .outerjoin(StockLevel, StockLevel.product_id == Product.id)
    .outerjoin(CartLine, and_(CartLine.product_id == Product.id, CartLine.cart_id == _CART))
    .where(Product.slug == bindparam("wanted"))
)  # fmt: skip

_ALL = delete(CartLine).where(CartLine.cart_id == _CART)
_ONE = _ALL.where(CartLine.product_id == bindparam("of_product", type_=Id))


@verb
def set_line(connection: Connection, actor: Actor, slug: str, quantity: int) -> BasketView:
    """Make the basket hold ``quantity`` steps of a product.

    Raises NotFound, NotForSale, OffGrid, TooMuch, NotEnough, BasketFull. Locks the cart.
    """
    cart_id = lock_or_open_cart(connection, actor)
    _put(connection, cart_id, _find(connection, cart_id, slug), quantity)
    return basket_view(actor)


@verb
def change_line(connection: Connection, actor: Actor, slug: str, by: int) -> BasketView:
    """Add or take ``by`` increments; the first lands on the minimum, below it the line goes.

    Raises what ``set_line`` raises. Locks the cart.
    """
    cart_id = lock_or_open_cart(connection, actor)
    row = _find(connection, cart_id, slug)
    quantity = steps.stepped(row.held or 0, by, row.minimum, row.increment)
    if quantity > 0:
        _put(connection, cart_id, row, quantity)
    elif row.held is not None:
        _drop(connection, cart_id, row.id)
    return basket_view(actor)


@verb
def remove_line(connection: Connection, actor: Actor, slug: str) -> BasketView:
    """Take a product out of the basket, whatever became of it. Raises NotFound if not in it."""
    cart_id = existing(lock_open_cart(connection, actor))
    row = _find(connection, cart_id, slug)
    if row.held is None:
        raise NotFound
    _drop(connection, cart_id, row.id)
    return basket_view(actor)


@verb
def clear(connection: Connection, actor: Actor) -> BasketView:
    """Take everything out. An empty basket stays one."""
    cart_id = lock_open_cart(connection, actor)
    if cart_id is not None:
        connection.execute(_ALL, {"in_cart": cart_id})
        shrink_hold(cart_id)
    return EMPTY


def _find(connection: Connection, cart_id: int, slug: str) -> Any:
    """The product with what the cart holds of it. Hidden from strangers: a draft is not there."""
    reached("cart.locked")
    wanted = {"in_cart": cart_id, "wanted": slug, **around(clock.now(connection))}
    row = _FOR_CART.one_or_none(connection, wanted)
    if row is None or (row.status == "draft" and row.held is None):
        raise NotFound
    return row


def _put(connection: Connection, cart_id: int, row: Any, quantity: int) -> None:
    _require_allowed(row, quantity)
    if row.held is not None:
        set_line_to(connection, cart_id, row.id, quantity, row.price_minor)
        if quantity < row.held:
            shrink_hold(cart_id, row.id, quantity)
        return
    if row.lines >= steps.MOST_LINES:
        raise BasketFull
    add_lines(connection, cart_id, [(row.id, quantity, row.price_minor)])


def _require_allowed(row: Any, quantity: int) -> None:
    if row.status != "published" or row.store_status != "open":
        raise NotForSale
    if not on_grid(quantity, row.increment, row.minimum):
        raise OffGrid(nearest_on_grid(quantity, row.increment, row.minimum), row.unit)
    most = steps.largest(row.price_per, row.minimum, row.increment)
    if quantity > most:
        raise TooMuch(most, row.unit)
    available = max(0, row.available or 0)
    # Taking less is always possible, even where stock has sunk below it.
    if quantity > available and quantity > (row.held or 0):
        raise NotEnough.of(available, row.minimum, row.unit)


def _drop(connection: Connection, cart_id: int, product_id: int) -> None:
    connection.execute(_ONE, {"in_cart": cart_id, "of_product": product_id})
    shrink_hold(cart_id, product_id)
