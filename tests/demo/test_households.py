"""The order history: exact, repeatable, on the grid, quick."""

import subprocess
import sys
import time
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from kirana.demo.catalogue import load_catalogue
from kirana.demo.households import DemoOrder, Plan, generate_orders
from kirana.demo.people import STAFF, STORES, make_customers
from kirana.demo.routines import load_routines
from kirana.orders.states import ORDER_MOVES

UNTIL = datetime(2026, 3, 10, 15, 20, tzinfo=ZoneInfo("Asia/Kolkata"))
CATALOGUE = load_catalogue(1)
PRODUCTS = {product.sku: product for product in CATALOGUE.products}
IN_ANOTHER_PROCESS = """
from tests.demo.test_households import CATALOGUE, UNTIL, Plan, generate_orders
print(repr(generate_orders(CATALOGUE, 7, Plan(UNTIL, orders=300))))
"""


@pytest.fixture(scope="module")
def orders() -> list[DemoOrder]:
    return generate_orders(CATALOGUE, 1, Plan(UNTIL))


def test_counts_are_exact_and_the_history_is_full(orders: list[DemoOrder]) -> None:
    assert len(orders) == 4000
    assert {order.customer for order in orders} == set(range(60))
    days = {order.placed_at.date() for order in orders}
    assert len(days) == 120
    assert max(days) == UNTIL.date()
    assert min(days) == UNTIL.date() - timedelta(days=119)
    assert {order.outcome for order in orders} <= set(ORDER_MOVES)
    assert Counter(order.outcome for order in orders)["completed"] > 3500


def test_it_is_sorted_and_never_in_the_future(orders: list[DemoOrder]) -> None:
    moments = [order.placed_at for order in orders]
    assert moments == sorted(moments)
    assert moments[-1] <= UNTIL


def test_quantities_are_on_the_grid_of_their_product(orders: list[DemoOrder]) -> None:
    for order in orders:
        assert order.lines
        assert len({sku for sku, _ in order.lines}) == len(order.lines)
        for sku, quantity in order.lines:
            product = PRODUCTS[sku]
            assert product.store == order.store
            assert quantity >= product.minimum
            assert quantity % product.increment == 0


def test_nothing_is_sold_before_it_came(orders: list[DemoOrder]) -> None:
    for order in orders:
        age = (UNTIL.date() - order.placed_at.date()).days
        assert all(PRODUCTS[sku].created_days_ago > age for sku, _ in order.lines)


def test_a_basket_has_one_customer_one_moment_and_one_order_per_store(
    orders: list[DemoOrder],
) -> None:
    baskets = defaultdict(list)
    for order in orders:
        baskets[order.basket].append(order)
    assert any(len(parts) == 2 for parts in baskets.values())
    for parts in baskets.values():
        assert len({(part.customer, part.placed_at) for part in parts}) == 1
        assert len({part.store for part in parts}) == len(parts)


def test_weeks_have_a_rhythm(orders: list[DemoOrder]) -> None:
    by_day = Counter(order.placed_at.weekday() for order in orders)
    assert by_day[5] > 1.3 * by_day[1]


def test_the_same_number_gives_the_same_shop_in_every_process() -> None:
    here = repr(generate_orders(CATALOGUE, 7, Plan(UNTIL, orders=300)))
    for hash_seed in ("0", "1"):
        told = subprocess.run(
            [sys.executable, "-c", IN_ANOTHER_PROCESS],
            env={"PYTHONHASHSEED": hash_seed, "PATH": ""},
            capture_output=True,
            text=True,
            check=True,
        )
        assert told.stdout.strip() == here
    assert repr(generate_orders(CATALOGUE, 8, Plan(UNTIL, orders=300))) != here


def test_it_is_quick() -> None:
    begun = time.process_time()
    generate_orders(CATALOGUE, 3, Plan(UNTIL))
    assert time.process_time() - begun < 3


def test_forty_routines_whose_needs_can_be_met_somewhere() -> None:
    routines = load_routines()
    assert len(routines) == 40
    shelves = {department.slug for department in CATALOGUE.departments}
    titles = [(p.category, set(p.title.lower().split())) for p in CATALOGUE.products]
    for need in (need for routine in routines for need in routine.needs):
        assert set(need.shelves) <= shelves
        assert any(
            category in need.shelves and (not need.words or need.words & words)
            for category, words in titles
        ), need


def test_nobody_exists() -> None:
    people = make_customers(1, 60)
    addresses = [person.email for person in people] + [person.email for person in STAFF]
    assert len(set(addresses)) == 64
    assert all(address.endswith((".test", "@kirana.test")) for address in addresses)
    assert all(address.isascii() and address == address.lower() for address in addresses)
    managers = [person for person in STAFF if person.role == "manager"]
    assert len(managers) == 3
    assert {manager.store for manager in managers} == {store.key for store in STORES} == {"a", "b"}
    assert make_customers(1, 60) == people != make_customers(2, 60)
    with pytest.raises(ValueError, match="60 names"):
        make_customers(1, 61)
