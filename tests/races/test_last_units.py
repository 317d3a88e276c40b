"""Fifty buyers for ten units: ten get one. And the mutant that shows the test can fail."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event, text, update

from kirana import check
from kirana.cart.services import set_line
from kirana.checkout import services
from kirana.checkout.services import check_out
from kirana.orders.models import Order
from kirana.platform import db
from kirana.platform.access import Actor
from kirana.platform.amounts import Money
from kirana.platform.config import Settings
from kirana.platform.db import verb
from kirana.stock.errors import OutOfStock
from kirana.stock.models import StockLevel
from kirana.stock.services.ledger import Entry, lock_levels, write_entries
from kirana.stock.services.selling import LineDemand, take_for_lines
from tests.cart.goods import make_person, make_product, make_store, movements_of, stock_of
from tests.checkout.buying import HOME, count
from tests.checkout.calling import bearer_of, order_body, post
from tests.machinery.shop import Shop
from tests.races.threads import at_once, raised, repeated, succeeded

BUYERS = 50
UNITS = 10
PRICE = Money(5000, "INR")


def queue_of_buyers() -> tuple[str, list[Actor]]:
    """A product of which ten are left, and fifty people with one of it in their baskets."""
    make_person("admin")
    slug = make_product(make_store(), UNITS)
    buyers = [make_person() for _ in range(BUYERS)]
    for buyer in buyers:
        set_line(buyer, slug, 1)
    return slug, buyers


def assert_sold_out_and_clean(slug: str) -> None:
    assert stock_of(slug) == 0
    assert Counter(movements_of(slug)) == {("received", UNITS): 1, ("sold", -1): UNITS}
    assert count(Order) == UNITS
    assert check.run() == []


@repeated
@pytest.mark.usefixtures("database")
def test_ten_of_fifty_threads_buy(attempt: int) -> None:
    slug, buyers = queue_of_buyers()
    outcomes = at_once([lambda who=buyer: check_out(who, HOME, PRICE) for buyer in buyers])
    assert len(succeeded(outcomes)) == UNITS
    assert raised(outcomes) == ["OutOfStock"] * (BUYERS - UNITS)
    assert all(error.details["shortages"] for error in outcomes if isinstance(error, OutOfStock))
    assert_sold_out_and_clean(slug)


@repeated
def test_ten_of_fifty_callers_of_two_web_processes_buy(
    shop: Shop, settings: Settings, attempt: int
) -> None:
    db.dispose()
    db.configure(replace(settings, database_url=shop.database_url))
    try:
        slug, buyers = queue_of_buyers()
        before = count(Order)
        tokens = [bearer_of(buyer) for buyer in buyers]
        webs = [shop.url, shop.start_second_web()]

        def order(number: int) -> Any:
            return post(
                f"{webs[number % 2]}/api/v1/orders", order_body(PRICE.amount),
                Authorization=f"Bearer {tokens[number]}", Idempotency_Key=f"{slug}-{number}",
            )  # fmt: skip

        replies = at_once([lambda n=number: order(n) for number in range(BUYERS)])
        told = Counter((reply.status, reply.json.get("code")) for reply in replies)
        assert told == {(201, None): UNITS, (409, "out_of_stock"): BUYERS - UNITS}, shop.logs()
        assert (stock_of(slug), count(Order) - before) == (0, UNITS)
        assert check.run() == []
    finally:
        shop.processes["web-2"].stop()
        db.dispose()


# ---- the mutant


@pytest.fixture
def unguarded(
    request: pytest.FixtureRequest, settings: Settings, database_kind: str, tmp_path: Path
) -> Iterator[None]:
    """A database of its own in which the CHECKs on stock are gone."""
    db.dispose()
    if database_kind == "sqlite":
        url = request.getfixturevalue("sqlite_source").fresh(tmp_path / "unguarded.sqlite3")
        db.configure(replace(settings, database_url=url))
        event.listen(db.engine(), "connect", _ignore_checks)
        yield
    else:
        with request.getfixturevalue("postgres_source").own() as url:
            db.configure(replace(settings, database_url=url))
            _drop_checks()
            yield
            db.dispose()
    db.dispose()


def _ignore_checks(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA ignore_check_constraints=ON")


@verb
def _drop_checks(connection: Connection) -> None:
    for table, name in (
        ("stock_level", "ck_stock_level_covered"),
        ("stock_movement", "ck_stock_movement_never_below_zero"),
    ):
        connection.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT {name}"))


@verb
def take_blindly(connection: Connection, actor: Actor, lines: Sequence[LineDemand]) -> None:
    """The mutant's write: subtracts without looking."""
    for line in lines:
        connection.execute(
            update(StockLevel)
            .where(StockLevel.product_id == line.product_id)
            .values(on_hand=StockLevel.on_hand - line.quantity)
        )
        left = lock_levels(connection, [line.product_id])[line.product_id].on_hand
        entry = Entry(
            line.product_id, "sold", -line.quantity, left, order_line_id=line.order_line_id
        )
        write_entries(connection, actor, [entry])


@repeated
@pytest.mark.parametrize(
    ("take", "sold"), [(take_blindly, BUYERS), (take_for_lines, UNITS)], ids=["mutant", "guarded"]
)
@pytest.mark.usefixtures("unguarded")
def test_stock_read_before_the_transaction(
    take: Callable[..., None], sold: int, attempt: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everybody has read ten before anybody writes: a blind write oversells, the guard never."""
    slug, buyers = queue_of_buyers()
    monkeypatch.setattr(services, "take_for_lines", take)
    everybody_has_read = threading.Barrier(BUYERS)

    def look_then_buy(buyer: Actor) -> Any:
        seen = stock_of(slug)
        everybody_has_read.wait(60)
        if seen < 1:
            raise OutOfStock
        return check_out(buyer, HOME, PRICE)

    outcomes = at_once([lambda who=buyer: look_then_buy(who) for buyer in buyers])
    assert len(succeeded(outcomes)) == sold, outcomes
    assert stock_of(slug) == UNITS - sold
