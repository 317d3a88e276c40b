"""The quote: sums of lines rounded once, tax contained, nothing lost between stores."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirana.platform.money import LARGEST
from kirana.pricing.errors import TotalTooLarge
from kirana.pricing.quote import Quote, Wish, line_total, quote
from kirana.pricing.tax import DEFAULT_TAX_TABLE, TaxRules

prices = st.integers(min_value=0, max_value=10**7)
wishes = st.builds(
    Wish,
    product_id=st.integers(1, 10**6),
    store_id=st.integers(1, 4),
    quantity=st.integers(1, 999_000),
    price_minor=st.integers(0, 10_000),
    price_per=st.sampled_from([1, 100, 1000]),
    tax_class=st.sampled_from(sorted(DEFAULT_TAX_TABLE)),
)
baskets = st.lists(wishes, max_size=12)


def test_nothing_costs_nothing() -> None:
    assert quote([]) == Quote((), 0, 0)


@pytest.mark.parametrize(
    ("price", "per", "quantity", "total"),
    [(4900, 1, 3, 14700), (8000, 1000, 1350, 10800), (1, 2, 1, 1), (1, 2, 3, 2), (1, 3, 1, 0)],
)
def test_a_line_is_rounded_half_up(price: int, per: int, quantity: int, total: int) -> None:
    assert line_total(price, per, quantity) == total


def test_tax_is_contained_and_follows_the_class() -> None:
    def tax(tax_class: str) -> int:
        return quote([Wish(1, 1, 1, 11800, 1, tax_class)]).tax_minor

    assert (tax("zero"), tax("reduced"), tax("standard")) == (0, 562, 1800)


def test_the_callers_rates_are_used() -> None:
    assert quote([Wish(1, 1, 1, 12000, 1, "vat")], TaxRules({"vat": 2000})).tax_minor == 2000


def test_one_minor_unit_above_the_cap_is_refused() -> None:
    assert quote([Wish(1, 1, 1, LARGEST, 1, "zero")]).total_minor == LARGEST
    with pytest.raises(TotalTooLarge):
        quote([Wish(1, 1, 1, LARGEST + 1, 1, "zero")])
    with pytest.raises(TotalTooLarge):
        quote([Wish(1, 1, 1, LARGEST, 1, "zero"), Wish(2, 2, 1, 1, 1, "zero")])


@given(prices, st.sampled_from([1, 100, 1000]), st.integers(1, 9_999))
def test_rounding_is_within_half_a_unit(price: int, per: int, quantity: int) -> None:
    exact = Fraction(price * quantity, per)
    assert -Fraction(1, 2) < line_total(price, per, quantity) - exact <= Fraction(1, 2)


@given(baskets)
def test_every_wish_is_quoted_once_in_its_own_store(basket: list[Wish]) -> None:
    found = quote(basket)
    quoted = [(part.store_id, line.wish) for part in found.stores for line in part.lines]
    assert sorted(quoted, key=repr) == sorted(((w.store_id, w) for w in basket), key=repr)


@given(baskets, st.randoms(use_true_random=False))
def test_the_order_of_the_wishes_does_not_matter(basket: list[Wish], random: object) -> None:
    shuffled = sorted(basket, key=lambda _wish: random.random())  # type: ignore[attr-defined]
    assert quote(shuffled).total_minor == quote(basket).total_minor


@given(baskets)
def test_tax_is_never_above_its_line(basket: list[Wish]) -> None:
    for part in quote(basket).stores:
        for line in part.lines:
            rate = Fraction(line.tax_basis_points, 10_000)
            exact = line.total_minor * rate / (1 + rate)
            assert 0 <= line.tax_minor <= line.total_minor
            assert abs(line.tax_minor - exact) <= Fraction(1, 2)
