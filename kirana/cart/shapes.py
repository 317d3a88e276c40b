"""Baskets in JSON."""

from collections.abc import Mapping
from typing import Annotated

import msgspec

from kirana.cart.queries import BasketLine, BasketView
from kirana.cart.steps import Problem
from kirana.platform.amounts import Money, Quantity
from kirana.pricing.explaining import line_rule, sum_rule, tax_rule, total_rule
from kirana.pricing.quote import StoreQuote
from kirana.pricing.shapes import TaxView, show_taxes
from kirana.stock.bands import Band
from kirana.stock.shapes import UnitCost, unit_cost


class LineWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many steps of the product's unit the basket should hold."""

    quantity: Annotated[int, msgspec.Meta(ge=1)]


class CartLineView(msgspec.Struct, frozen=True):
    """One product in the basket. ``problem`` is empty when it can be ordered.

    ``allowed`` are the quantities next to its own that can be.
    """

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
    unit_price: UnitCost | None
    allowed: tuple[int, ...]
    total: Money
    stock: Band
    problem: Problem
    note: str
    picture_url: str


class CartChargeView(msgspec.Struct, frozen=True):
    kind: str
    label: str
    amount: Money


class QuotedLineView(msgspec.Struct, frozen=True):
    """What one line costs, and how that and its tax were worked out, in words and numbers."""

    product: str
    title: str
    total: Money
    rule: str
    tax_basis_points: int
    tax: Money
    tax_rule: str


class StorePart(msgspec.Struct, frozen=True):
    """What one store's part of the basket costs; the total holds the tax, ``taxes`` by rate."""

    store: str
    store_name: str
    lines: list[QuotedLineView]
    lines_total: Money
    charges: list[CartChargeView]
    taxes: list[TaxView]
    tax: Money
    total: Money
    rule: str


class QuoteView(msgspec.Struct, frozen=True):
    """What the basket costs now; send ``total`` as ``expected_total`` when ordering."""

    stores: list[StorePart]
    prices_include_tax: bool
    taxes: list[TaxView]
    tax: Money
    total: Money
    rule: str
    can_check_out: bool


class CartView(msgspec.Struct, frozen=True):
    """A basket at the prices of now."""

    lines: list[CartLineView]
    quote: QuoteView


def show_cart(basket: BasketView, currency: str) -> CartView:
    lines = [_line(line, currency) for line in basket.lines]
    return CartView(lines, show_quote(basket, currency))


def show_quote(basket: BasketView, currency: str) -> QuoteView:
    found, goods = basket.quote, {line.product_id: line for line in basket.lines}
    return QuoteView(
        stores=[_part(part, goods, found.tax_included, currency) for part in found.stores],
        prices_include_tax=found.tax_included,
        taxes=show_taxes(found.taxes, currency),
        tax=Money(found.tax_minor, currency),
        total=Money(found.total_minor, currency),
        rule=sum_rule(found, currency),
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
        unit_price=unit_cost(line.unit_price), allowed=line.allowed,
        total=Money(line.total_minor, currency), stock=line.band, problem=line.problem,
        note=line.note, picture_url=line.picture_url,
    )  # fmt: skip


def _part(
    part: StoreQuote, goods: Mapping[int, BasketLine], included: bool, currency: str
) -> StorePart:
    first = goods[part.lines[0].wish.product_id]
    charges = [
        CartChargeView(c.kind, c.label, Money(c.amount_minor, currency)) for c in part.charges
    ]
    return StorePart(
        store=first.store_slug,
        store_name=first.store_name,
        lines=[
            QuotedLineView(
                product=goods[line.wish.product_id].slug,
                title=goods[line.wish.product_id].title,
                total=Money(line.total_minor, currency),
                rule=line_rule(line, currency),
                tax_basis_points=line.tax_basis_points,
                tax=Money(line.tax_minor, currency),
                tax_rule=tax_rule(line, included, currency),
            )
            for line in part.lines
        ],
        lines_total=Money(part.lines_minor, currency),
        charges=charges,
        taxes=show_taxes(part.taxes, currency),
        tax=Money(part.tax_minor, currency),
        total=Money(part.total_minor, currency),
        rule=total_rule(part, currency),
    )
