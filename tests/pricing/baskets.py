"""Random baskets, exact arithmetic to judge them by, and the reading of amounts that people see."""

import re
from fractions import Fraction
from random import Random

from kirana.platform.money import sign, typed_minor
from kirana.pricing.quote import Wish
from kirana.pricing.tax import TaxRules

CURRENCIES = ("JPY", "INR", "KWD")
_STEPS = {"kg": 1000, "L": 1000, "g": 1, "ml": 1, "": 1}
_LINE = re.compile(
    r"([\d.]+) ?(kg|g|L|ml|) × (\D*[\d,.]+)(?: per ([\d.]*) ?(kg|g|L|ml))? = (\D*[\d,.]+)"
)
_TAX = re.compile(r".*: (\D*[\d,.]+) × ([\d.]+) ÷ ([\d.]+) = (\D*[\d,.]+)")


def random_rules(chance: Random) -> TaxRules:
    rates = {"zero": 0, "reduced": chance.choice([500, 700, 550]), "standard": 1800}
    return TaxRules(rates, included=chance.random() < 0.5)


def random_wish(chance: Random, product_id: int, stores: int = 3) -> Wish:
    """Some of a product by piece, weight or volume; on any grid, at any price."""
    unit = chance.choice(["each", "g", "ml"])
    quantity = chance.randint(1, 99) if unit == "each" else chance.randint(1, 400) * 5
    return Wish(
        product_id, chance.randint(1, stores), quantity, chance.choice([0, 1, 99_999, 10**7])
        if chance.random() < 0.05 else chance.randint(1, 20_000),
        1 if unit == "each" else chance.choice([1000, 1000, 100]),
        chance.choice(["zero", "reduced", "standard"]), unit,
    )  # fmt: skip


def half_up(exact: Fraction) -> int:
    """By the definition: the whole number nearest to it, a half upwards."""
    return (exact + Fraction(1, 2)).__floor__()


def read_minor(text: str, currency: str) -> int:
    """An amount as it is shown, in minor units."""
    amount = typed_minor(text.removeprefix("−").removeprefix(sign(currency)), currency)
    assert amount is not None, text
    assert amount == int(amount)
    return -int(amount) if text.startswith("−") else int(amount)


def line_of_words(rule: str, currency: str) -> tuple[Fraction, int]:
    """What a line's rule says is multiplied, exactly, and the amount that it ends with."""
    found = _LINE.fullmatch(rule.removesuffix(", rounded half up"))
    assert found, rule
    many, unit, price, per, per_unit, amount = found.groups()
    steps = Fraction(many) * _STEPS[unit]
    whole = Fraction(per or 1) * _STEPS[per_unit or ""]
    exact = steps * read_minor(price, currency) / whole
    return exact, read_minor(amount, currency)


def tax_of_words(rule: str, currency: str) -> tuple[Fraction, int]:
    """The same of a line's tax."""
    if rule == "no tax":
        return Fraction(0), 0
    found = _TAX.fullmatch(rule.removesuffix(", rounded half up"))
    assert found, rule
    total, rate, whole, amount = found.groups()
    exact = read_minor(total, currency) * Fraction(rate) / Fraction(whole)
    return exact, read_minor(amount, currency)
