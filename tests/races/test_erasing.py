"""An order that is being placed while its customer is erased: either the one or the other."""

from dataclasses import replace
from typing import Any

import pytest

from kirana import check
from kirana.accounts.models import Account
from kirana.cart.errors import BasketEmpty
from kirana.cart.services import set_line
from kirana.orders.models import Order, OrderGroup
from kirana.platform.access import Actor
from kirana.platform.config import Settings
from kirana.privacy.services import erasing
from tests.cart.goods import make_person, make_product, make_store
from tests.checkout.buying import HOME, buy, count, rows
from tests.races.threads import at_once, raised, repeated


@pytest.fixture
def buyer(app: Any) -> Actor:
    make_person("admin")
    buyer = make_person()
    uid = next(row.uid for row in rows(Account) if row.id == buyer.account_id)
    buyer = replace(buyer, uid=uid)
    set_line(buyer, make_product(make_store()), 2)
    return buyer


@repeated
def test_either_the_order_or_the_end(buyer: Actor, settings: Settings, attempt: int) -> None:
    end = erasing._erase_unless_waiting
    outcomes = at_once([lambda: end(buyer.uid, settings), lambda: buy(buyer)])
    assert raised(outcomes) in (["Conflict"], ["BasketEmpty"])
    is_erased = outcomes[0] is None
    assert count(Order) == (0 if is_erased else 1)
    assert count(OrderGroup, OrderGroup.name == HOME.name) == count(Order)
    assert check.run() == []


def test_whoever_was_erased_orders_nothing(buyer: Actor, settings: Settings) -> None:
    erasing._erase_unless_waiting(buyer.uid, settings)
    with pytest.raises(BasketEmpty):
        buy(buyer)


def test_mutant_that_leaves_the_basket(
    buyer: Actor, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "forget_baskets", lambda *_: None)
    erasing._erase_unless_waiting(buyer.uid, settings)
    buy(buyer)
    assert count(OrderGroup, OrderGroup.name == HOME.name) == 1
