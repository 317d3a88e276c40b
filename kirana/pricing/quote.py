"""The one place where totals come from. Pure: no database, no clock, no setting read here."""

from collections.abc import Iterable, Sequence

import msgspec

from kirana.platform.money import LARGEST, round_half_up
from kirana.pricing.errors import TotalTooLarge
from kirana.pricing.tax import TaxRow, TaxRules, percent_text, tax_rows

INCLUDED = TaxRules()


class Wish(msgspec.Struct, frozen=True):
    """Some of a product at its price now: ``price_minor`` buys ``price_per`` steps."""

    product_id: int
    store_id: int
    quantity: int
    price_minor: int
    price_per: int
    tax_class: str
    unit: str = "each"


class QuotedLine(msgspec.Struct, frozen=True):
    """What one wish costs: ``tax_minor`` is within ``total_minor``, or comes on top as a charge."""

    wish: Wish
    tax_basis_points: int
    tax_minor: int
    total_minor: int


class QuotedCharge(msgspec.Struct, frozen=True):
    """An amount beside the lines; a discount is negative."""

    kind: str
    label: str
    amount_minor: int


class StoreQuote(msgspec.Struct, frozen=True):
    """One store's part: total = lines + charges; ``tax_minor`` is within the total, by rate in
    ``taxes``.
    """

    store_id: int
    lines: tuple[QuotedLine, ...]
    charges: tuple[QuotedCharge, ...]
    lines_minor: int
    charges_minor: int
    tax_minor: int
    total_minor: int
    taxes: tuple[TaxRow, ...] = ()


class Quote(msgspec.Struct, frozen=True):
    """What a basket costs: the sum of its stores' parts, in ascending order of their ids."""

    stores: tuple[StoreQuote, ...] = ()
    tax_minor: int = 0
    total_minor: int = 0
    taxes: tuple[TaxRow, ...] = ()
    tax_included: bool = True


def quote(wishes: Iterable[Wish], taxes: TaxRules = INCLUDED) -> Quote:
    """Price ``wishes``, grouped by store; each line and its tax are rounded once, half up.

    Where prices do not include the tax it is a charge for each rate.

    Raises TotalTooLarge above 10^12 minor units.
    """
    lines = [_line(wish, taxes) for wish in wishes]
    stores = sorted({line.wish.store_id for line in lines})
    parts = tuple(_part(store, lines, taxes.included) for store in stores)
    total = _capped(sum(part.total_minor for part in parts))
    tax = sum(part.tax_minor for part in parts)
    return Quote(parts, tax, total, tax_rows(lines, taxes.included), taxes.included)


def line_total(price_minor: int, price_per: int, quantity: int) -> int:
    """What ``quantity`` steps cost. Raises TotalTooLarge."""
    return _capped(round_half_up(price_minor * quantity, price_per))


def _line(wish: Wish, taxes: TaxRules) -> QuotedLine:
    total = line_total(wish.price_minor, wish.price_per, wish.quantity)
    rate = taxes.rates[wish.tax_class]
    return QuotedLine(wish, rate, taxes.tax_of(total, rate), total)


def _part(store_id: int, lines: Sequence[QuotedLine], included: bool) -> StoreQuote:
    mine = tuple(line for line in lines if line.wish.store_id == store_id)
    taxes = tax_rows(mine, included)
    charges = () if included else tuple(_charge(row) for row in taxes if row.tax_minor)
    goods = _capped(sum(line.total_minor for line in mine))
    beside = sum(charge.amount_minor for charge in charges)
    tax = sum(line.tax_minor for line in mine)
    return StoreQuote(store_id, mine, charges, goods, beside, tax, goods + beside, taxes)


def _charge(row: TaxRow) -> QuotedCharge:
    return QuotedCharge("tax", f"Tax {percent_text(row.basis_points)}", row.tax_minor)


def _capped(amount: int) -> int:
    if amount > LARGEST:
        raise TotalTooLarge
    return amount
