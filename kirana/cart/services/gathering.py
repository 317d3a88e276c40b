"""Many wishes into a basket at once, as from a shopping list."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection, and_, func, select

from kirana.cart.models import CartLine
from kirana.cart.services.carts import lock_or_open_cart
from kirana.cart.services.line_writes import add_lines, set_line_to
from kirana.cart.steps import MOST_LINES, floored, largest
from kirana.catalog.models import Product
from kirana.catalog.units import quantity_text
from kirana.platform import clock
from kirana.platform.access import Actor
from kirana.platform.db import verb
from kirana.stock.availability import within_reach
from kirana.stock.models import StockLevel
from kirana.stores.models import Store


class Shortfall(msgspec.Struct, frozen=True):
    """A wish that was not met in full: there is less, nothing, or no room in the basket."""

    product: str
    title: str
    why: Literal["less", "none", "full"]
    wished: int
    got: int
    unit: str

    @property
    def text(self) -> str:
        if self.why != "less":
            return self.title
        got, wished = (quantity_text(each, self.unit) for each in (self.got, self.wished))
        return f"{self.title} ({got} instead of {wished})"


class Gathered(msgspec.Struct, frozen=True):
    """What came of many wishes: how many products are in the basket, and what fell short."""

    put: int
    short: list[Shortfall]

    @property
    def note(self) -> str:
        """For the person."""
        parts = [f"{self.put} {'product is' if self.put == 1 else 'products are'} in your basket."]
        words = {
            "less": "There is less than you wished of",
            "none": "Not to be had now",
            "full": "Your basket is full; left out",
        }
        for why, told in words.items():
            named = ", ".join(each.text for each in self.short if each.why == why)
            parts += [f"{told}: {named}."] if named else []
        return " ".join(parts)


@verb
def put_all(connection: Connection, actor: Actor, wishes: Mapping[int, int]) -> Gathered:
    """Make the caller's basket hold at least so much of each product (steps by its id).

    What is held stays where it is more, so that doing it twice doubles nothing; all is capped by
    stock and by the limits of a basket. Locks the cart.
    """
    cart_id = lock_or_open_cart(connection, actor)
    rows = _products(connection, cart_id, wishes)
    room = MOST_LINES - _held(connection, cart_id)
    put, short = 0, list[Shortfall]()
    fresh: list[tuple[int, int, int]] = []
    for row in rows:
        wished = wishes[row.id]
        got = _attainable(row, wished)
        if got and row.held is None and len(fresh) >= room:
            short.append(_short(row, "full", wished, 0))
            continue
        if got < wished:
            short.append(_short(row, "less" if got else "none", wished, got))
        put += bool(got)
        if got and row.held is None:
            fresh.append((row.id, got, row.price_minor))
        elif got > (row.held or 0):
            set_line_to(connection, cart_id, row.id, got, row.price_minor)
    add_lines(connection, cart_id, fresh)
    return Gathered(put, short)


def _products(connection: Connection, cart_id: int, wishes: Mapping[int, int]) -> Sequence[Any]:
    mine = and_(CartLine.product_id == Product.id, CartLine.cart_id == cart_id)
    rows = connection.execute(
        select(
            Product.id, Product.slug, Product.title, Product.unit, Product.minimum,
            Product.increment, Product.price_per, Product.price_minor, Product.status,
            Store.status.label("store_status"), CartLine.quantity.label("held"),
            within_reach(cart_id, clock.now(connection)).label("available"),
        )
        .join(Store, Store.id == Product.store_id)
        .outerjoin(StockLevel, StockLevel.product_id == Product.id)
        .outerjoin(CartLine, mine)
        .where(Product.id.in_(wishes))
    )  # fmt: skip
    by_id = {row.id: row for row in rows}
    return [by_id[key] for key in wishes if key in by_id]


def _held(connection: Connection, cart_id: int) -> int:
    found = select(func.count()).where(CartLine.cart_id == cart_id)
    return connection.execute(found).scalar_one()


def _attainable(row: Any, wished: int) -> int:
    """How much of the wish can be ordered; what is held already counts whatever became of it."""
    if row.status != "published" or row.store_status != "open":
        return 0
    there = floored(max(0, row.available or 0), row.minimum, row.increment)
    most = min(there, largest(row.price_per, row.minimum, row.increment))
    on_grid = floored(wished, row.minimum, row.increment) or row.minimum
    return min(on_grid, most)


def _short(row: Any, why: Literal["less", "none", "full"], wished: int, got: int) -> Shortfall:
    return Shortfall(row.slug, row.title, why, wished, got, row.unit)
