"""An order that is being placed while its customer is erased: either the one or the other."""

import contextlib
import threading
from typing import Any

import pytest
from sqlalchemy import Connection, update

from kirana import check
from kirana.cart.services import carts, set_line
from kirana.orders.models import Order, OrderGroup
from kirana.platform.access import Actor
from kirana.platform.config import Settings
from kirana.platform.db import verb
from kirana.platform.errors import Unauthorized
from kirana.privacy.services import erasing
from kirana.stores.models import Membership
from tests.cart.goods import make_person, make_product, make_store
from tests.checkout.buying import HOME, buy, count
from tests.races.threads import at_once, raised, repeated


@pytest.fixture
def buyer(app: Any) -> Actor:
    make_person("admin")
    buyer = make_person()
    set_line(buyer, make_product(make_store()), 2)
    return buyer


@repeated
def test_either_the_order_or_the_end(buyer: Actor, settings: Settings, attempt: int) -> None:
    end = erasing._erase_unless_waiting
    outcomes = at_once([lambda: end(buyer.uid, settings), lambda: buy(buyer)])
    assert raised(outcomes) in (["Conflict"], ["Unauthorized"])
    is_erased = outcomes[0] is None
    assert count(Order) == (0 if is_erased else 1)
    assert count(OrderGroup, OrderGroup.name == HOME.name) == count(Order)
    assert check.run() == []


def test_whoever_was_erased_orders_nothing(buyer: Actor, settings: Settings) -> None:
    erasing._erase_unless_waiting(buyer.uid, settings)
    with pytest.raises(Unauthorized):
        buy(buyer)


def test_mutant_that_leaves_the_basket_and_asks_nobody(
    buyer: Actor, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "forget_baskets", lambda *_: None)
    monkeypatch.setattr(carts, "_HANDING_IN", carts._MOVING[True])
    erasing._erase_unless_waiting(buyer.uid, settings)
    buy(buyer)
    assert count(OrderGroup, OrderGroup.name == HOME.name) == 1


@pytest.fixture
def two_owners(app: Any) -> list[str]:
    make_person("admin")
    store = make_store()
    owners = [make_person("manager", store), make_person("manager", store)]
    _make_owners()
    return [owner.uid for owner in owners]


@verb
def _make_owners(connection: Connection) -> None:
    connection.execute(update(Membership).values(role="owner"))


def end_both(uids: list[str], settings: Settings, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Each looks for the other before either has gone, if nothing holds the second up."""
    gate, look = threading.Barrier(2), erasing.list_sole_stores

    def look_and_wait(account_id: int) -> list[str]:
        found = look(account_id)
        with contextlib.suppress(threading.BrokenBarrierError):
            gate.wait(1)
        return found

    monkeypatch.setattr(erasing, "list_sole_stores", look_and_wait)
    end = erasing._erase_unless_waiting
    return at_once([lambda uid=uid: end(uid, settings) for uid in uids])


@repeated
def test_of_two_owners_one_stays(
    two_owners: list[str], settings: Settings, monkeypatch: pytest.MonkeyPatch, attempt: int
) -> None:
    assert raised(end_both(two_owners, settings, monkeypatch)) == ["SoleOwner"]


@pytest.mark.on_database("postgresql")  # SQLite lets one writer in at a time
def test_mutant_that_does_not_lock_the_store(
    two_owners: list[str], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "lock_own_stores", lambda *_: None)
    assert raised(end_both(two_owners, settings, monkeypatch)) == []
