"""Amounts as people type them: a comma groups, it never stands for a point."""

import pytest
from werkzeug.datastructures import MultiDict

from kirana.backoffice.product_form import money
from kirana.platform.errors import Invalid
from kirana.platform.money import typed_minor
from kirana.storefront.filters import read_filters

AMOUNTS = {
    "94.50": 9450,
    " 94.5 ": 9450,
    "0": 0,
    "0.05": 5,
    "1234": 123400,
    "1,234": 123400,
    "1,234.50": 123450,
    "12,34,567": 123456700,
    "1,00,000": 10000000,
    "1,00,000.50": 10000050,
    "1,234,567": 123456700,
}
NONE = (
    "95,50", "12,5", "1,23", "1,2345", "0,500", ",500", "1,,234", "1,234,56", "123,45,678",
    "1e3", "1E3", "NaN", "Infinity", "-5", "+5", "1_000", "94.", ".", ".50", "1 234", "٩٤", "₹94",
    "", "9" * 40,
)  # fmt: skip


@pytest.mark.parametrize(("text", "minor"), AMOUNTS.items())
def test_an_amount(text: str, minor: int) -> None:
    assert money(text, "price", "INR") == {"amount": minor, "currency": "INR"}
    found = read_filters(MultiDict({"min_price": text}), "INR")
    assert (found.errors, typed_minor(text, "INR")) == ({}, minor)


@pytest.mark.parametrize("text", NONE)
def test_what_is_no_amount(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        money(text, "price", "INR")
    assert [item["detail"] for item in caught.value.errors] == ["write an amount, such as 94.50"]
    assert bool(read_filters(MultiDict({"max_price": text}), "INR").errors) is bool(text)


@pytest.mark.parametrize(
    ("text", "currency", "told"),
    [
        ("94.505", "INR", "use at most 2 decimals"),
        ("94.5", "JPY", "use at most 0 decimals"),
        ("10,000,000,001", "INR", "write a smaller amount"),
    ],
)
def test_an_amount_that_cannot_be_kept(text: str, currency: str, told: str) -> None:
    with pytest.raises(Invalid) as caught:
        money(text, "price", currency)
    assert [item["detail"] for item in caught.value.errors] == [told]
