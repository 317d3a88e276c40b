"""Tax in JSON."""

from collections.abc import Iterable

import msgspec

from kirana.platform.amounts import Money
from kirana.pricing.tax import TaxRow


class TaxView(msgspec.Struct, frozen=True):
    """What the lines of one rate hold: ``net`` without the tax, ``gross`` with it."""

    basis_points: int
    net: Money
    tax: Money
    gross: Money


def show_taxes(rows: Iterable[TaxRow], currency: str) -> list[TaxView]:
    return [
        TaxView(
            row.basis_points,
            Money(row.net_minor, currency),
            Money(row.tax_minor, currency),
            Money(row.gross_minor, currency),
        )
        for row in rows
    ]
