"""Quantities: what plus and minus do, and where lines end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirana.cart.steps import floored, largest, stepped
from kirana.catalog.units import on_grid

increments = st.integers(1, 250)
minimums = st.integers(1, 8)


@pytest.mark.parametrize(
    ("held", "by", "expected"),
    [(0, 1, 500), (0, 2, 750), (0, -1, 0), (500, 1, 750), (750, -1, 500), (500, -1, 0)],
)
def test_plus_and_minus(held: int, by: int, expected: int) -> None:
    assert stepped(held, by, minimum=500, increment=250) == expected


def test_a_line_off_the_grid_comes_back_to_it() -> None:
    assert stepped(600, 1, minimum=500, increment=250) == 750
    assert stepped(600, -1, minimum=250, increment=250) == 250


def test_the_largest_line() -> None:
    assert largest(1, 1, 1) == 999
    assert largest(1000, 250, 250) == 999_000
    assert largest(1, 2000, 1000) == 2000


@given(st.integers(0, 10**6), st.integers(-50, 50), increments, minimums)
def test_steps_end_on_the_grid_or_at_nothing(
    held: int, by: int, increment: int, portions: int
) -> None:
    minimum = increment * portions
    found = stepped(held, by, minimum, increment)
    assert found == 0 or on_grid(found, increment, minimum)


@given(st.integers(0, 10**6), increments, minimums)
def test_floored_is_the_nearest_below(quantity: int, increment: int, portions: int) -> None:
    minimum = increment * portions
    found = floored(quantity, minimum, increment)
    if found:
        assert on_grid(found, increment, minimum)
        assert 0 <= quantity - found < increment
    else:
        assert quantity < minimum
