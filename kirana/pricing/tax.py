"""Tax: what the operator decided, and what lines hold of it by rate.

The default rates are in the manner of Indian GST: nil-rated fresh food, 5 % on packed staples, 18 %
on the rest, all contained in the price on the shelf.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from kirana.platform.money import share, tax_within

# Basis points by tax class.
TaxTable = Mapping[str, int]
DEFAULT_TAX_TABLE: TaxTable = {"zero": 0, "reduced": 500, "standard": 1800}


@dataclass(frozen=True, slots=True)
class TaxRules:
    """The rates in basis points, and whether prices include them or they come on top."""

    rates: TaxTable = field(default_factory=lambda: DEFAULT_TAX_TABLE)
    included: bool = True

    def tax_of(self, total_minor: int, rate: int) -> int:
        """The tax in (or on) a line's total, rounded half up once."""
        return tax_within(total_minor, rate) if self.included else share(total_minor, rate)


class TaxRow(msgspec.Struct, frozen=True):
    """What all lines of one rate hold: ``net_minor`` without tax, and the tax on it."""

    basis_points: int
    net_minor: int
    tax_minor: int

    @property
    def gross_minor(self) -> int:
        return self.net_minor + self.tax_minor


def tax_rows(lines: Iterable[Any], included: bool) -> tuple[TaxRow, ...]:
    """The tax of quoted or ordered lines, summed by rate in ascending order."""
    sums: dict[int, list[int]] = {}
    for line in lines:
        of_rate = sums.setdefault(line.tax_basis_points, [0, 0])
        of_rate[0] += line.total_minor - line.tax_minor if included else line.total_minor
        of_rate[1] += line.tax_minor
    return tuple(TaxRow(rate, net, tax) for rate, (net, tax) in sorted(sums.items()))


def is_included(charges: Iterable[Any]) -> bool:
    """Whether an order's prices held its tax: else it is among its charges."""
    return not any(charge.kind == "tax" for charge in charges)


def percent_text(basis_points: int) -> str:
    """``500`` → ``5 %``, ``1250`` → ``12.5 %``."""
    whole, part = divmod(basis_points, 100)
    return f"{whole}{f'.{part:02d}'.rstrip('0') if part else ''} %"


def contained_label(basis_points: int) -> str:
    return f"of which tax {percent_text(basis_points)}"


_rules = [TaxRules()]


def follow(rules: TaxRules) -> None:
    """From now on these count in this process. Told once, when a program is wired."""
    _rules[:] = [rules]


def tax_rules() -> TaxRules:
    return _rules[0]
