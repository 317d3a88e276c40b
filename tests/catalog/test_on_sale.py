"""How much is on sale: exact while to count is quick, told again for a while where it is not."""

from contextlib import nullcontext
from threading import Thread
from time import monotonic, sleep
from typing import Any

import pytest

from kirana.catalog import on_sale
from kirana.catalog.queries import departments
from kirana.catalog.services.products import hide_product
from tests.catalog.market import Market, open_market
from tests.races.threads import at_once


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
    moments = iter([1000.0, 1000.0, 1000.0 + took])
    monkeypatch.setattr(on_sale, "monotonic", lambda: next(moments))
    market.sell("Tea")
    assert told() == 1
    (counted,) = on_sale._kept.values()
    assert counted.until == pytest.approx(1000 + took + kept)


def test_nobody_waits_while_it_is_counted_anew(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on_sale, "QUICKLY_COUNTED", 0)
    moment = [1000.0]
    monkeypatch.setattr(on_sale, "monotonic", lambda: moment[0])
    market.sell("Tea")
    assert told() == 1
    market.sell("Coffee")
    moment[0] += on_sale.KEPT_SECONDS - 1
    assert told() == 1
    started = counting(monkeypatch)
    moment[0] += 2
    assert (told(), told()) == (1, 1)
    assert len(started) == 1, "one of all counts"
    started[0].run()
    assert told() == 2
    assert len(started) == 1


@pytest.mark.parametrize("is_guarded", [True, False])
def test_who_comes_during_the_first_count_does_not_count_as_well(
    market: Market, monkeypatch: pytest.MonkeyPatch, is_guarded: bool
) -> None:
    monkeypatch.setattr(on_sale, "QUICKLY_COUNTED", 0)
    market.sell("Tea")
    count, counted = on_sale._count, []

    def slowly(connection: Any) -> dict[int, int]:
        counted.append(connection)
        sleep(0.5)
        return count(connection)

    monkeypatch.setattr(on_sale, "_count", slowly)
    if not is_guarded:
        monkeypatch.setattr(on_sale, "_first", nullcontext())
    assert at_once([told] * 3) == [1, 1, 1]
    assert len(counted) == (1 if is_guarded else 3)


def test_a_shop_that_has_become_small_is_counted_exactly_again(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on_sale, "QUICKLY_COUNTED", 1)
    slugs = [market.sell(name) for name in ("Tea", "Coffee")]
    assert told() == 2
    hide_product(market.manager, slugs[0])
    started = counting(monkeypatch)
    monkeypatch.setattr(on_sale, "monotonic", lambda: monotonic() + on_sale.LONGEST_SECONDS)
    assert told() == 2
    started[0].run()
    hide_product(market.manager, slugs[1])
    assert told() == 0


def counting(monkeypatch: pytest.MonkeyPatch) -> list[Thread]:
    """The threads that would count from now on, each held back until it is run."""
    held: list[Thread] = []
    monkeypatch.setattr(Thread, "start", lambda thread: held.append(thread))
    return held
