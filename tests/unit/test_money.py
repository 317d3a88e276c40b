from decimal import ROUND_HALF_UP, Decimal

from hypothesis import given
from hypothesis import strategies as st

from kirana.platform import money

AMOUNTS = st.integers(-(10**14), 10**14)
RATES = st.integers(0, 10_000)


def half_up(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))


@given(AMOUNTS, st.integers(1, 10**6))
def test_rounding_is_half_away_from_zero(numerator: int, denominator: int) -> None:
    assert money.round_half_up(numerator, denominator) == half_up(
        Decimal(numerator) / Decimal(denominator)
    )


@given(st.integers(0, 10**12), RATES)
def test_tax_within_an_amount_is_its_share_of_the_gross(amount: int, rate: int) -> None:
    tax = money.tax_within(amount, rate)
    assert tax == half_up(Decimal(amount) * rate / (10_000 + rate))
    assert 0 <= tax <= amount


def test_texts_for_people() -> None:
    assert money.format_money(128_400, "INR") == "₹1,284"
    assert money.format_money(9_450, "INR") == "₹94.50"
    assert money.format_money(-6_100, "INR") == "−₹61"
    assert money.format_money(123_456_789_00, "INR") == "₹12,34,56,789"
    assert money.format_money(99_999_00, "INR") == "₹99,999"
    assert money.format_money(1234, "JPY") == "¥1,234"
    assert money.format_money(1500, "KWD") == "KD 1.500"


@given(AMOUNTS, st.sampled_from(["INR", "JPY", "KWD"]))
def test_texts_for_files_are_exact(minor: int, currency: str) -> None:
    digits = money.exponent(currency)
    assert Decimal(money.decimal_text(minor, currency)) == Decimal(minor).scaleb(-digits)


def test_short_texts_for_charts() -> None:
    assert money.short_money(652_000, "INR") == "₹6,520"
    assert money.short_money(1_303_825, "INR") == "₹13k"
    assert money.short_money(1_350_000, "INR") == "₹13.5k"
    assert money.short_money(0, "INR") == "₹0"
