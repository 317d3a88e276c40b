"""Baskets in JSON."""

from typing import Annotated

import msgspec

from kirana.cart.queries import BasketLine, BasketView
from kirana.cart.steps import Problem
from kirana.platform.amounts import Money, Quantity
from kirana.pricing.quote import StoreQuote
from kirana.stock.bands import Band


class LineWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many steps of the product's unit the basket should hold."""

    quantity: Annotated[int, msgspec.Meta(ge=1)]


class CartLineView(msgspec.Struct, frozen=True):
    """One product in the basket. ``problem`` is empty when it can be ordered."""

    product: str
    title: str
    brand: str
    size_text: str
    store: str
    quantity: Quantity
    increment: int
    minimum: int
    price: Money
    price_per: int
    price_seen: Money
    was: Money | None
    total: Money
    stock: Band
    problem: Problem
    note: str
    picture_url: str


class CartChargeView(msgspec.Struct, frozen=True):
    kind: str
    label: str
    amount: Money


class StorePart(msgspec.Struct, frozen=True):
    """What one store's part of the basket costs; tax is contained in the total."""

    store: str
    store_name: str
    lines_total: Money
    charges: list[CartChargeView]
    tax: Money
    total: Money


class QuoteView(msgspec.Struct, frozen=True):
    """What the basket costs now; send ``total`` as ``expected_total`` when ordering."""

    stores: list[StorePart]
    tax: Money
    total: Money
    can_check_out: bool


class CartView(msgspec.Struct, frozen=True):
    """A basket at the prices of now."""

    lines: list[CartLineView]
    quote: QuoteView


def show_cart(basket: BasketView, currency: str) -> CartView:
    lines = [_line(line, currency) for line in basket.lines]
    return CartView(lines, show_quote(basket, currency))


def show_quote(basket: BasketView, currency: str) -> QuoteView:
    names = {line.store_id: (line.store_slug, line.store_name) for line in basket.lines}
    return QuoteView(
        stores=[_part(part, names[part.store_id], currency) for part in basket.quote.stores],
        tax=Money(basket.quote.tax_minor, currency),
        total=Money(basket.quote.total_minor, currency),
        can_check_out=basket.can_check_out,
    )


def _line(line: BasketLine, currency: str) -> CartLineView:
    return CartLineView(
        product=line.slug, title=line.title, brand=line.brand, size_text=line.size_text,
        store=line.store_slug, quantity=Quantity(line.quantity, line.unit),
        increment=line.increment, minimum=line.minimum,
        price=Money(line.price_minor, currency), price_per=line.price_per,
        price_seen=Money(line.price_seen_minor, currency),
        was=None if line.was_minor is None else Money(line.was_minor, currency),
        total=Money(line.total_minor, currency), stock=line.band, problem=line.problem,
        note=line.note, picture_url=line.picture_url,
    )  # fmt: skip


def _part(part: StoreQuote, name: tuple[str, str], currency: str) -> StorePart:
    charges = [
        CartChargeView(c.kind, c.label, Money(c.amount_minor, currency)) for c in part.charges
    ]
    return StorePart(
        store=name[0],
        store_name=name[1],
        lines_total=Money(part.lines_minor, currency),
        charges=charges,
        tax=Money(part.tax_minor, currency),
        total=Money(part.total_minor, currency),
    )
