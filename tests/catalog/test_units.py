"""Quantities and unit prices in words; what may be ordered; folded words and slugs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirana.catalog.units import (
    UnitPrice,
    nearest_on_grid,
    on_grid,
    quantity_text,
    unit_price,
    unit_price_text,
)
from kirana.platform.words import folded, slug_of


def test_a_pack_of_500_g_at_32_costs_64_a_kilogram() -> None:
    assert unit_price_text(unit_price(3200, "each", 500, "g"), "INR") == "₹64/kg"


@pytest.mark.parametrize(
    ("price", "unit", "size", "size_unit", "expected"),
    [
        (4000, "g", None, None, UnitPrice(4000, "kg")),
        (4000, "ml", None, None, UnitPrice(4000, "l")),
        (9900, "each", 330, "ml", UnitPrice(30000, "l")),
        (1000, "each", 3000, "g", UnitPrice(333, "kg")),
        (9900, "each", None, None, None),
    ],
)
def test_unit_prices(
    price: int, unit: str, size: int | None, size_unit: str | None, expected: UnitPrice | None
) -> None:
    assert unit_price(price, unit, size, size_unit) == expected


def test_nothing_to_compare_says_nothing() -> None:
    assert unit_price_text(None, "INR") == ""


@pytest.mark.parametrize(
    ("quantity", "unit", "text"),
    [
        (2, "each", "2"),
        (0, "each", "0"),
        (750, "g", "750 g"),
        (1350, "g", "1.35 kg"),
        (1005, "ml", "1.005 L"),
        (2000, "ml", "2 L"),
    ],
)
def test_quantities_in_words(quantity: int, unit: str, text: str) -> None:
    assert quantity_text(quantity, unit) == text


@given(st.integers(0, 10**6), st.integers(1, 1000), st.integers(1, 10))
def test_the_nearest_quantities_are_allowed_and_adjacent(
    quantity: int, increment: int, times: int
) -> None:
    minimum = increment * times
    near = nearest_on_grid(quantity, increment, minimum)
    assert all(on_grid(each, increment, minimum) for each in near)
    if on_grid(quantity, increment, minimum):
        assert near == (quantity,)
    elif quantity > minimum:
        assert near[0] < quantity < near[1] == near[0] + increment
    else:
        assert near == (minimum,)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Crème  Brûlée!", "creme brulee"),
        ("Amul’s Ghee", "amuls ghee"),
        ("Amul's ʼ‘Ghee’", "amuls ghee"),
        ("STRASSE/Straße", "strasse strasse"),
        ("दूध", "दूध"),
        ("100% ★", "100"),
        ("", ""),
    ],
)
def test_words_are_folded(text: str, key: str) -> None:
    assert folded(text) == key


@pytest.mark.parametrize(
    ("text", "slug"),
    [("Milk & Honey", "milk-and-honey"), ("दूध", "product"), ("a" * 200, "a" * 80)],
)
def test_slugs(text: str, slug: str) -> None:
    assert slug_of(text, "product") == slug
