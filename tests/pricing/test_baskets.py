"""Ten thousand baskets: totals are their parts to the minor unit, each word about them is true."""

from random import Random

import pytest

from kirana.platform.money import decimal_text, exponent, format_money
from kirana.pricing.explaining import line_rule, sum_rule, tax_rule, total_rule
from kirana.pricing.quote import Quote, StoreQuote, quote
from kirana.pricing.tax import TaxRules
from tests.pricing.baskets import (
    CURRENCIES,
    half_up,
    line_of_words,
    random_rules,
    random_wish,
    read_minor,
    tax_of_words,
)

BASKETS = 10_000
FRACTION = {"JPY": 0, "INR": 2, "KWD": 3}


@pytest.mark.parametrize("currency", CURRENCIES)
def test_ten_thousand_baskets_add_up(currency: str) -> None:
    assert exponent(currency) == FRACTION[currency]
    chance = Random(currency)  # noqa: S311 - not a secret
    for _ in range(BASKETS // len(CURRENCIES) + 1):
        rules = random_rules(chance)
        found = quote((random_wish(chance, n) for n in range(chance.randint(1, 6))), rules)
        assert_sums(found)
        assert_tax(found, rules)
        assert_words(found, rules, currency)


def assert_sums(found: Quote) -> None:
    assert found.total_minor == sum(part.total_minor for part in found.stores)
    assert found.tax_minor == sum(part.tax_minor for part in found.stores)
    for part in found.stores:
        assert part.lines_minor == sum(line.total_minor for line in part.lines)
        assert part.charges_minor == sum(charge.amount_minor for charge in part.charges)
        assert part.total_minor == part.lines_minor + part.charges_minor
        assert part.tax_minor == sum(line.tax_minor for line in part.lines)


def assert_tax(found: Quote, rules: TaxRules) -> None:
    """By rate the rows are the tax of the lines, and net and tax the whole total."""
    for whole in (found, *found.stores):
        assert sum(row.tax_minor for row in whole.taxes) == whole.tax_minor
        assert sum(row.gross_minor for row in whole.taxes) == whole.total_minor
        rates = [row.basis_points for row in whole.taxes]
        assert rates == sorted(set(rates))
    for part in found.stores:
        charged = {charge.label: charge.amount_minor for charge in part.charges}
        owed = 0 if rules.included else part.tax_minor
        assert sum(charged.values()) == owed
        assert len(charged) == len(part.charges)


def assert_words(found: Quote, rules: TaxRules, currency: str) -> None:
    """Each rule's own numbers give the amount, exactly or rounded half up, and say which."""
    for part in found.stores:
        for line in part.lines:
            for words, (exact, said), amount in (
                (said_of := line_rule(line, currency), line_of_words(said_of, currency),
                 line.total_minor),
                (said_of := tax_rule(line, rules.included, currency),
                 tax_of_words(said_of, currency), line.tax_minor),
            ):  # fmt: skip
                assert said == amount == half_up(exact)
                assert words.endswith("rounded half up") == (exact.denominator != 1)
        assert_sum(total_rule(part, currency), part, currency)
    assert sum_rule(found, currency).endswith(f"= {format_money(found.total_minor, currency)}")
    for amount in (found.total_minor, found.tax_minor):
        assert read_minor(format_money(amount, currency), currency) == amount
        assert read_minor(decimal_text(amount, currency), currency) == amount


def assert_sum(words: str, part: StoreQuote, currency: str) -> None:
    parts, total = words.split(" = ")
    goods, *beside = parts.removesuffix(" for the goods").split(" + ")
    summands = [goods.split(" for the goods")[0], *(text.rsplit(" tax ")[0] for text in beside)]
    assert sum(read_minor(text, currency) for text in summands) == part.total_minor
    assert read_minor(total, currency) == part.total_minor
