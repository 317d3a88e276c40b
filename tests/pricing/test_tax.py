"""Tax within prices and on top of them."""

import pytest

from kirana.platform.config import SettingsError, load_settings
from kirana.pricing.explaining import line_rule, tax_rule, total_rule
from kirana.pricing.quote import QuotedCharge, Wish, quote
from kirana.pricing.tax import TaxRow, TaxRules, percent_text

RATES = {"zero": 0, "reduced": 500, "standard": 1800}
POTATOES = Wish(1, 1, 1350, 8000, 1000, "reduced", "g")
BASKET = [POTATOES, Wish(2, 1, 1, 1000, 1, "standard"), Wish(3, 1, 2, 55, 1, "reduced")]


def test_on_top_it_is_a_charge_for_each_rate() -> None:
    part = quote(BASKET, TaxRules(RATES, included=False)).stores[0]
    assert part.charges == (
        QuotedCharge("tax", "Tax 5 %", 546),
        QuotedCharge("tax", "Tax 18 %", 180),
    )
    assert part.taxes == (TaxRow(500, 10_910, 546), TaxRow(1800, 1000, 180))
    assert (part.lines_minor, part.tax_minor, part.total_minor) == (11_910, 726, 12_636)


def test_within_it_is_told_by_rate_and_charged_nowhere() -> None:
    part = quote(BASKET, TaxRules(RATES)).stores[0]
    assert part.charges == ()
    assert part.taxes == (TaxRow(500, 10_391, 519), TaxRow(1800, 847, 153))
    assert (part.lines_minor, part.tax_minor, part.total_minor) == (11_910, 672, 11_910)


def test_amounts_are_explained_in_words_and_numbers() -> None:
    within, on_top = (quote([POTATOES], TaxRules(RATES, included)) for included in (True, False))
    line = within.stores[0].lines[0]
    assert line_rule(line, "INR") == "1.35 kg × ₹80 per kg = ₹108"
    assert tax_rule(line, True, "INR") == "5 % contained: ₹108 × 5 ÷ 105 = ₹5.14, rounded half up"
    line = on_top.stores[0].lines[0]
    assert tax_rule(line, False, "INR") == "5 % on top: ₹108 × 5 ÷ 100 = ₹5.40"
    assert total_rule(on_top.stores[0], "INR") == "₹108 for the goods + ₹5.40 tax 5 % = ₹113.40"


def test_rates_are_read_as_percents() -> None:
    assert [percent_text(rate) for rate in (0, 500, 1250, 1255)] == [
        "0 %",
        "5 %",
        "12.5 %",
        "12.55 %",
    ]


def test_a_rate_is_between_nothing_and_the_whole(tmp_path: object) -> None:
    with pytest.raises(SettingsError, match="KIRANA_TAX_REDUCED must be from 0 to 10000"):
        load_settings({"KIRANA_HOME": str(tmp_path), "KIRANA_TAX_REDUCED": "10001"})
