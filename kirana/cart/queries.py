"""Reading baskets: one statement gives lines, prices now, stock and pictures."""

from datetime import datetime
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Connection, and_, bindparam, select

from kirana.cart.models import Cart, CartLine
from kirana.cart.steps import Problem, floored
from kirana.catalog.addresses import small_picture_url
from kirana.catalog.models import Category, Picture, Product
from kirana.catalog.units import UnitPrice, nearest_on_grid, on_grid, quantity_text, unit_price
from kirana.platform import clock
from kirana.platform.access import Actor
from kirana.platform.db import query
from kirana.platform.money import round_half_up
from kirana.platform.prepared import Prepared
from kirana.pricing.errors import TotalTooLarge
from kirana.pricing.quote import Quote, Wish, line_total, quote
from kirana.pricing.tax import tax_rules
from kirana.stock.availability import NOW, around, available, coming_back
from kirana.stock.bands import Band, band_of
from kirana.stock.models import Reservation, StockLevel
from kirana.stores.models import Store

_NOTES = {
    "unavailable": "This is not for sale any more.",
    "store_closed": "This shop is closed for the moment.",
    "out_of_stock": "This is sold out.",
}


class BasketLine(msgspec.Struct, frozen=True):
    """A wish at its price now. ``problem`` says why it cannot be ordered; empty if it can."""

    product_id: int
    slug: str
    title: str
    brand: str
    size_text: str
    sku: str
    category_name: str
    store_id: int
    store_slug: str
    store_name: str
    quantity: int
    unit: str
    increment: int
    minimum: int
    price_per: int
    price_minor: int
    price_seen_minor: int
    was_minor: int | None
    tax_class: str
    unit_price: UnitPrice | None
    picture_url: str
    well: str
    available: int
    band: Band
    problem: Problem
    total_minor: int
    # Steps of its level that are free again when this basket takes; kept for it, until when.
    coming_back: int = 0
    held: int = 0
    held_until: datetime | None = None

    @property
    def price_changed(self) -> bool:
        return self.price_minor != self.price_seen_minor

    @property
    def quantity_text(self) -> str:
        return quantity_text(self.quantity, self.unit)

    @property
    def allowed(self) -> tuple[int, ...]:
        """The quantities nearest to the wish that may be ordered; itself if it may."""
        return nearest_on_grid(self.quantity, self.increment, self.minimum)

    @property
    def takes(self) -> tuple[int, ...]:
        """What can be had instead of a wish that falls short or lies between two steps."""
        if self.problem == "short":
            return (floored(self.available, self.minimum, self.increment),)
        if self.problem == "off_grid":
            return tuple(each for each in self.allowed if each <= self.available)
        return ()

    @property
    def note(self) -> str:
        """What the shopper should know about this line; empty for nothing."""
        if self.problem == "off_grid":
            named = " or ".join(quantity_text(each, self.unit) for each in self.allowed)
            return f"This is now sold in other steps: {named} is possible."
        if self.problem == "short":
            return f"Only {quantity_text(self.available, self.unit)} left."
        if not self.problem and self.price_changed:
            return "The price has changed since you put this in."
        return _NOTES.get(self.problem, "")

    def wish(self) -> Wish:
        return Wish(
            self.product_id, self.store_id, self.quantity,
            self.price_minor, self.price_per, self.tax_class, self.unit,
        )  # fmt: skip


class BasketView(msgspec.Struct, frozen=True):
    """A basket with its quote over the lines that can be ordered."""

    version: int
    lines: tuple[BasketLine, ...]
    quote: Quote
    too_large: bool = False

    @property
    def can_check_out(self) -> bool:
        return bool(self.lines) and not self.too_large and not any(x.problem for x in self.lines)

    @property
    def count(self) -> int:
        return len(self.lines)

    @property
    def total_minor(self) -> int:
        return self.quote.total_minor

    @property
    def lines_minor(self) -> int:
        """What the goods cost, without what is charged beside them."""
        return sum(part.lines_minor for part in self.quote.stores)

    @property
    def savings_minor(self) -> int:
        """What reduced prices take off the orderable lines.

        Without the limit of a total: nobody pays it, and every page shows it.
        """
        return sum(
            round_half_up(line.was_minor * line.quantity, line.price_per) - line.total_minor
            for line in self.lines
            if line.was_minor and not line.problem
        )


_LINES: Any = (
    select(
        Cart.version.label("cart_version"), CartLine.quantity, CartLine.price_seen_minor,
        Product.id, Product.slug, Product.title, Product.brand, Product.size_text, Product.sku,
        Product.unit, Product.increment, Product.minimum, Product.price_per,
        Product.price_minor, Product.was_minor, Product.tax_class, Product.status,
        Product.pack_size, Product.pack_unit,
        Category.name.label("category_name"), Store.id.label("store_id"),
        Store.slug.label("store_slug"), Store.name.label("store_name"),
        Store.status.label("store_status"), Picture.file, Category.well,
        available(NOW).label("available"), StockLevel.low_at,
        coming_back(Cart.id, NOW).label("coming_back"),
        Reservation.quantity.label("held"), Reservation.expires_at,
    )
    .select_from(CartLine)
    .join(Cart, Cart.id == CartLine.cart_id)
    .join(Product, Product.id == CartLine.product_id)
    .join(Category, Category.id == Product.category_id)
    .join(Store, Store.id == Product.store_id)
    .outerjoin(StockLevel, StockLevel.product_id == Product.id)
    .outerjoin(
        Reservation,
        and_(Reservation.product_id == Product.id, Reservation.cart_id == Cart.id),
    )
    .outerjoin(Picture, and_(Picture.product_id == Product.id, Picture.position == 0))
    .order_by(CartLine.id)
)  # fmt: skip
_LINES_OF = Prepared(_LINES.where(Cart.id == bindparam("of_cart")))
EMPTY = BasketView(0, (), Quote())


def owned_open_cart(is_signed_in: bool) -> Any:
    """The condition that picks the caller's open cart.

    For statements that are made once for either kind of caller, and executed with ``owner``.
    """
    column = Cart.account_id if is_signed_in else Cart.guest_hash
    return and_(column == bindparam("cart_owner"), Cart.status == "open")


def owner(actor: Actor) -> dict[str, int | str | None]:
    """Whose open cart is meant; a nameless guest's is nobody's."""
    return {"cart_owner": actor.account_id if actor.is_signed_in else actor.guest_hash or None}


@cache
def _owned(is_signed_in: bool) -> Prepared:
    return Prepared(_LINES.where(owned_open_cart(is_signed_in)))


@query
def basket_view(connection: Connection, actor: Actor) -> BasketView:
    """The caller's basket with prices, stock and quote as they are now."""
    mine = owner(actor)
    if mine["cart_owner"] is None:
        return EMPTY
    wanted = {**mine, **around(clock.utc_now())}
    rows = _owned(actor.is_signed_in).all(connection, wanted)
    if not rows:
        return EMPTY
    lines = tuple(to_line(row) for row in rows)
    try:
        found = quote((line.wish() for line in lines if not line.problem), tax_rules())
    except TotalTooLarge:
        return BasketView(rows[0].cart_version, lines, Quote(), too_large=True)
    return BasketView(rows[0].cart_version, lines, found)


@query
def find_cart(connection: Connection, actor: Actor) -> int | None:
    """The key of the caller's open cart."""
    find = select(Cart.id).where(owned_open_cart(actor.is_signed_in))
    return connection.execute(find, owner(actor)).scalar_one_or_none()


@query
def lines_of(connection: Connection, cart_id: int) -> list[BasketLine]:
    """The lines of one cart, in the order in which they were added."""
    wanted = {"of_cart": cart_id, **around(clock.now(connection))}
    return [to_line(row) for row in _LINES_OF.all(connection, wanted)]


def to_line(row: Any) -> BasketLine:
    available = max(0, (row.available or 0) + row.coming_back)
    return BasketLine(
        product_id=row.id, slug=row.slug, title=row.title, brand=row.brand,
        size_text=row.size_text, sku=row.sku, category_name=row.category_name,
        store_id=row.store_id, store_slug=row.store_slug, store_name=row.store_name,
        quantity=row.quantity, unit=row.unit, increment=row.increment, minimum=row.minimum,
        price_per=row.price_per, price_minor=row.price_minor,
        price_seen_minor=row.price_seen_minor, was_minor=row.was_minor, tax_class=row.tax_class,
        unit_price=unit_price(row.price_minor, row.unit, row.pack_size, row.pack_unit),
        picture_url=small_picture_url(row.file, row.slug), well=row.well, available=available,
        band=band_of(available, row.minimum, row.low_at or 0), problem=_problem(available, row),
        total_minor=_total(row), coming_back=row.coming_back, held=row.held or 0,
        held_until=row.expires_at,
    )  # fmt: skip


def _total(row: Any) -> int:
    try:
        return line_total(row.price_minor, row.price_per, row.quantity)
    except TotalTooLarge:
        return 0


def _problem(available: int, row: Any) -> Problem:
    if row.status != "published":
        return "unavailable"
    if row.store_status != "open":
        return "store_closed"
    if not on_grid(row.quantity, row.increment, row.minimum):
        return "off_grid"
    if available < row.minimum:
        return "out_of_stock"
    return "short" if row.quantity > available else ""
