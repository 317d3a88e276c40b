"""What two people, or a person and the clock, do at once to the catalogue."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, func, insert, select, update

from kirana.catalog.inputs import CategoryChanges, NewCategory
from kirana.catalog.models import Category, PlannedPrice, Price, Product, ProductEvent
from kirana.catalog.services import plan_records, plans
from kirana.catalog.services.categories import create_category, edit_category
from kirana.catalog.services.plans import (
    apply_planned_price,
    cancel_planned_price,
    carry_out_due,
    publish_due,
)
from kirana.catalog.services.products import hide_product
from kirana.orders.models import Order
from kirana.platform import clock
from kirana.platform.access import Actor
from kirana.platform.db import query, verb
from kirana.platform.probes import reached
from tests.checkout.buying import count, rows
from tests.races.rivals import Met, failed
from tests.races.scenes import Counter, Scene, open_counter, with_basket

DEARER = 6000


def a_planned_price_while_it_is_ordered() -> Scene:
    """Nobody pays what they have not seen."""
    at = open_counter()
    order, _plan = with_basket(at), due_price(at)
    return Scene(
        order, carry_out_due, lambda _met: 2 * DEARER in {x.total_minor for x in rows(Order)}
    )


def a_planned_price_applied_twice() -> Scene:
    at = open_counter()
    apply = partial(apply_planned_price, due_price(at))
    return Scene(apply, apply, lambda _met: count(Price) > 2)


def a_planned_price_called_off_while_it_comes_true() -> Scene:
    at = open_counter()
    plan = due_price(at)
    rival = partial(cancel_planned_price, at.staff, at.milk, _uid(plan))
    return Scene(partial(apply_planned_price, plan), rival, _both_ways)


def a_product_published_twice() -> Scene:
    at = open_counter()
    publish = partial(publish_due, due_publication(at))
    return Scene(publish, publish, lambda _met: _openings() > 1)


def two_moves_into_each_other() -> Scene:
    at = open_counter()
    one, two = (create_category(at.admin, NewCategory(name=name)).slug for name in ("One", "Two"))
    first = partial(edit_category, at.admin, one, CategoryChanges(parent=two))
    rival = partial(edit_category, at.admin, two, CategoryChanges(parent=one))
    return Scene(first, rival, lambda _met: _lost_categories() > 0)


def _totals() -> set[int]:
    return {row.total_minor for row in rows(Order)}


def _both_ways(met: Met) -> bool:
    """It came true, and whoever called it off was told that it will not."""
    return met.first is True and not failed(met.rival)


@verb
def due_price(connection: Connection, at: Counter) -> int:
    """A plan whose moment has just come; its key."""
    product = connection.execute(select(Product.id).where(Product.slug == at.milk)).scalar_one()
    now = clock.now(connection)
    row = insert(PlannedPrice).values(
        product_id=product, amount_minor=DEARER, due_at=now - timedelta(seconds=1), created_at=now
    )
    return int(connection.execute(row.returning(PlannedPrice.id)).scalar_one())


@verb
def due_publication(connection: Connection, at: Counter) -> int:
    """A hidden product whose moment has just come; its key."""
    hide_product(at.staff, at.milk)
    soon = clock.now(connection) - timedelta(seconds=1)
    change = update(Product).where(Product.slug == at.milk).values(publish_at=soon)
    return int(connection.execute(change.returning(Product.id)).scalar_one())


@query
def _uid(connection: Connection, plan_id: int) -> str:
    find = select(PlannedPrice.uid).where(PlannedPrice.id == plan_id)
    return str(connection.execute(find).scalar_one())


@query
def _openings(connection: Connection) -> int:
    events = select(func.count()).select_from(ProductEvent)
    again = (ProductEvent.from_status == "hidden", ProductEvent.to_status == "published")
    return int(connection.execute(events.where(*again)).scalar_one())


def _lost_categories() -> int:
    """Categories that no way leads to from a department."""
    there = {row.id: row.parent_id for row in rows(Category)}
    reached_now: set[Any] = {key for key, parent in there.items() if parent is None}
    for _ in there:
        reached_now |= {key for key, parent in there.items() if parent in reached_now}
    return len(there) - len(reached_now)


# ---- without their guards


def _take_what_was_seen(connection: Connection, plan_id: int, now: datetime) -> Any:
    """Does not ask whether it is planned still."""
    mine = PlannedPrice.id == plan_id
    connection.execute(update(PlannedPrice).where(mine).values(status="applied", ended_at=now))
    return connection.execute(select(PlannedPrice.__table__).where(mine)).one()


def applies_what_was_seen(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(plans, "take_plan", _take_what_was_seen)


def _call_off_what_was_seen(
    connection: Connection, _actor: Actor, product_id: int, _slug: str, _uids: Sequence[str] = ()
) -> int:
    reached("planned_price.cancelling")
    mine = update(PlannedPrice).where(PlannedPrice.product_id == product_id)
    now = clock.now(connection)
    return connection.execute(mine.values(status="cancelled", ended_at=now)).rowcount


def asks_nobody_for_the_plan(patch: pytest.MonkeyPatch) -> None:
    applies_what_was_seen(patch)
    patch.setattr(plans, "cancel_plans", _call_off_what_was_seen)
    assert plan_records.cancel_plans is not _call_off_what_was_seen
