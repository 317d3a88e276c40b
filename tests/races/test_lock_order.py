"""Two baskets with the same things in other orders: nobody hears of a deadlock.

Levels are locked in ascending product id, and what the database still ends is done again. SQLite
lets one writer in at a time: there is no second lock to wait for.
"""

from collections.abc import Callable, Sequence

import pytest

from kirana import check
from kirana.cart.services import set_line
from kirana.platform import db
from kirana.stock.services import selling
from kirana.stock.services.selling import LineDemand
from tests.cart.goods import make_person, make_product, make_store, stock_of
from tests.races.rivals import Met, meet
from tests.races.scenes import checkout_of
from tests.races.threads import raised, repeated

pytestmark = [pytest.mark.usefixtures("database"), pytest.mark.on_database("postgresql")]
Patch = pytest.MonkeyPatch


def in_order_of_lines(patch: Patch) -> None:
    def as_they_come(lines: Sequence[LineDemand]) -> dict[int, int]:
        return {line.product_id: line.quantity for line in lines}

    patch.setattr(selling, "_by_product", as_they_come)


def in_order_of_lines_and_once(patch: Patch) -> None:
    in_order_of_lines(patch)
    patch.setattr(db, "ATTEMPTS", 1)


def crossed_baskets() -> Met:
    """The second comes when the first has taken one of two products."""
    make_person("admin")
    store = make_store()
    goods = [make_product(store) for _ in range(2)]
    buyers = [make_person(), make_person()]
    for buyer, slugs in zip(buyers, (goods, goods[::-1]), strict=True):
        for slug in slugs:
            set_line(buyer, slug, 1)
    met = meet(checkout_of(buyers[0]), "stock.taken_one", checkout_of(buyers[1]))
    sold = sum(10 - stock_of(slug) for slug in goods)
    assert sold == 2 * (2 - len(raised([met.first, met.rival])))
    return met


@repeated
@pytest.mark.parametrize("patch", [lambda _patch: None, in_order_of_lines], ids=["both", "retry"])
def test_either_layer_is_enough(
    patch: Callable[[Patch], None], attempt: int, monkeypatch: Patch
) -> None:
    patch(monkeypatch)
    met = crossed_baskets()
    assert met.waited
    assert raised([met.first, met.rival]) == []
    assert check.run() == []


@repeated
def test_the_mutant_without_order_and_retry_tells_a_customer(
    attempt: int, monkeypatch: Patch
) -> None:
    in_order_of_lines_and_once(monkeypatch)
    met = crossed_baskets()
    assert raised([met.first, met.rival]) == ["OperationalError"]
