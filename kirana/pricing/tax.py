"""Tax classes and their rates, in one table.

The rates are the demo's default setting, in the manner of Indian GST: nil-rated fresh food, 5 % on
packed staples, 18 % on the rest. A shop elsewhere puts its own rates here.
"""

from collections.abc import Mapping

TaxTable = Mapping[str, int]

# Basis points by tax class. Shelf prices include the tax.
DEFAULT_TAX_TABLE: TaxTable = {"zero": 0, "reduced": 500, "standard": 1800}
