"""How much is on sale: exact while to count is quick, told again for a while where it is not."""

from typing import Any

import pytest

from kirana.catalog import on_sale
from kirana.catalog.queries import departments
from kirana.catalog.services.products import hide_product
from tests.catalog.market import Market, open_market


@pytest.fixture
def market(database: Any) -> Market:
    return open_market()


def told() -> int:
    return sum(department.product_count for department in departments())


def test_a_small_shop_is_counted_exactly(market: Market) -> None:
    for number in range(1, 4):
        market.sell(f"Tea {number}")
        assert told() == number


def test_a_large_shop_is_not_counted_with_each_change(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on_sale, "QUICKLY_COUNTED", 2)
    slugs = [market.sell(f"Tea {number}") for number in range(3)]
    assert told() == 3
    market.sell("Coffee")
    hide_product(market.manager, slugs[0])
    hide_product(market.manager, slugs[1])
    assert told() == 3
    on_sale._kept.clear()  # as the time does
    assert told() == 2


@pytest.mark.parametrize(("took", "kept"), [(0.1, 30), (2, 200), (60, 300)])
def test_for_how_long_it_is_told_again(
    market: Market, monkeypatch: pytest.MonkeyPatch, took: float, kept: float
) -> None:
    monkeypatch.setattr(on_sale, "QUICKLY_COUNTED", 0)
    ended = 1000 + took
    moments = iter([1000.0, ended, ended + kept - 0.1, ended + kept + 0.1, 5000.0])
    monkeypatch.setattr(on_sale, "monotonic", lambda: next(moments))
    market.sell("Tea")
    assert told() == 1
    market.sell("Coffee")
    assert told() == 1
    assert told() == 2
