"""Storms over HTTP: one shop with two web processes of four threads each, on each database.

Whatever the crowd does at once, each gets a clear answer, nobody a server error, and the books
are right afterwards.
"""

import itertools
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from kirana import check
from kirana.accounts.models import Account, Approval
from kirana.accounts.services import PersonToCreate, create_account
from kirana.cart.queries import basket_view
from kirana.cart.services import set_line
from kirana.catalog.inputs import CategoryWish, NewCategory
from kirana.catalog.models import Category, CategoryRequest, Product
from kirana.catalog.services.categories import create_category
from kirana.catalog.services.requests import ask_for_category
from kirana.orders.models import Order, OrderGroup, OrderLine
from kirana.orders.queries import get_order
from kirana.orders.services import move_order
from kirana.platform import db
from kirana.platform.access import SYSTEM, Actor
from kirana.platform.config import Settings
from kirana.platform.tokens import hash_secret
from kirana.stores.models import Store
from tests.cart.goods import (
    make_person,
    make_product,
    make_store,
    movements_of,
    stock_of,
)
from tests.checkout.buying import buy, count, rows
from tests.checkout.calling import Reply, bearer_of, call, order_body
from tests.conftest import need
from tests.machinery import valkey as valkey_server
from tests.machinery.shop import Shop
from tests.races.scenes import wait_for_a_place
from tests.races.threads import at_once, repeated

BUYERS, UNITS = 50, 10
TIMES = 5
CREATED = (201, None)
SOLD_OUT = (409, "out_of_stock")
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def _two_webs(shop_address: str) -> Iterator[tuple[Shop, list[str]]]:
    program = need("Valkey", valkey_server.find_program())
    with Shop(shop_address, program, THREADS="4").counter() as shop:
        yield shop, [shop.url, shop.start_second_web()]


class Crowd:
    """Requests that are ready; all are sent at one moment, to either process in turn."""

    def __init__(self, shop: Shop, webs: Sequence[str]) -> None:
        self._shop, self._webs = shop, itertools.cycle(webs)
        self._tokens: dict[int, str] = {}

    def ready(self, who: Actor, method: str, path: str, body: Any = None, **headers: str) -> Any:
        token = self._tokens.setdefault(who.me(), "") or bearer_of(who)
        self._tokens[who.me()] = token
        headers.setdefault("Authorization", f"Bearer {token}")
        return self.visit(method, path, body, **headers)

    def order(self, buyer: Actor, key: str = "") -> Any:
        """The checkout of the buyer's basket at the total that it shows now."""
        body = order_body(basket_view(buyer).total_minor)
        return self.ready(
            buyer, "POST", "/orders", body, Idempotency_Key=key or f"key-{next(_numbers)}"
        )

    def visit(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        web = next(self._webs)
        return partial(call, method, f"{web}/api/v1{path}", body, Origin=web, **headers)

    def all_at_once(self, requests: Sequence[Any]) -> list[Reply]:
        replies = at_once(requests)
        for reply in replies:
            assert isinstance(reply, Reply), reply
            assert reply.status < 500, self._shop.logs()
        return replies


def told(replies: Sequence[Reply]) -> Counter[tuple[int, str | None]]:
    """How often each status was given, with its code."""
    return Counter((reply.status, _code(reply)) for reply in replies)


def _code(reply: Reply) -> str | None:
    return reply.json.get("code") if reply.body else None


def replayed(reply: Reply) -> bool:
    return "true" in (
        value for name, value in reply.headers.items() if name.lower() == "idempotent-replayed"
    )


@pytest.fixture
def crowd(settings: Settings, _two_webs: tuple[Shop, list[str]]) -> Iterator[Crowd]:
    db.dispose()
    db.configure(replace(settings, database_url=_two_webs[0].database_url))
    yield Crowd(*_two_webs)
    assert check.run() == []
    db.dispose()


@pytest.fixture
def store(crowd: Crowd) -> int:
    make_person("admin")
    return make_store()


@repeated
def test_fifty_buyers_for_ten_units(crowd: Crowd, store: int, attempt: int) -> None:
    slug, buyers = make_product(store, UNITS), [make_person() for _ in range(BUYERS)]
    for buyer in buyers:
        set_line(buyer, slug, 1)
    replies = crowd.all_at_once([crowd.order(buyer) for buyer in buyers])
    assert told(replies) == {CREATED: UNITS, SOLD_OUT: BUYERS - UNITS}
    assert stock_of(slug) == 0
    assert Counter(movements_of(slug)) == {("received", UNITS): 1, ("sold", -1): UNITS}
    assert count(Order, Order.store_id == store) == UNITS


@repeated
def test_baskets_of_three_in_any_order(crowd: Crowd, store: int, attempt: int) -> None:
    """Nobody hears of a deadlock, nothing is oversold, and the sums are right."""
    chance = random.Random(attempt)
    goods = [make_product(store, 9) for _ in range(6)]
    buyers = [make_person() for _ in range(24)]
    for buyer in buyers:
        for slug in chance.sample(goods, 3):
            set_line(buyer, slug, chance.randint(1, 3))
    replies = crowd.all_at_once([crowd.order(buyer) for buyer in buyers])
    assert set(told(replies)) == {CREATED, SOLD_OUT}
    orders = {row.id for row in rows(Order) if row.store_id == store}
    assert len(orders) == told(replies)[CREATED]
    sold: Counter[int] = Counter()
    for line in rows(OrderLine):
        sold.update({line.product_id: line.quantity if line.order_id in orders else 0})
    known = {row.slug: row.id for row in rows(Product)}
    assert [9 - sold[known[slug]] for slug in goods] == [stock_of(slug) for slug in goods]


@repeated
def test_one_key_and_other_keys(crowd: Crowd, store: int, attempt: int) -> None:
    """Five times the same key: five times the same answer. Other keys: one order, four refusals."""
    slug, same, other = make_product(store, 100), make_person(), make_person()
    for buyer in (same, other):
        set_line(buyer, slug, 2)
    replies = crowd.all_at_once(
        [crowd.order(same, f"one-{slug}") for _ in range(TIMES)]
        + [crowd.order(other) for _ in range(TIMES)]
    )
    twins, rivals = replies[:TIMES], replies[TIMES:]
    assert {(reply.status, reply.body) for reply in twins} == {(201, twins[0].body)}
    assert Counter(replayed(reply) for reply in twins) == {True: 4, False: 1}
    assert told(rivals) == {CREATED: 1, (409, "basket_empty"): TIMES - 1}
    assert (stock_of(slug), count(Order, Order.store_id == store)) == (96, 2)


@repeated
def test_checkouts_while_the_shop_changes(crowd: Crowd, store: int, attempt: int) -> None:
    """Baskets change, a price, a shelf, a product goes, somebody is shut out, a category too."""
    admin, staff = make_person("admin"), make_person("manager", store)
    milk, tea, rice = (make_product(store, 40) for _ in range(3))
    spare = create_category(admin, NewCategory(name=f"Spare {milk}"))
    buyers = [make_person() for _ in range(12)]
    for place, buyer in enumerate(buyers):
        set_line(buyer, milk, 2)
        set_line(buyer, (tea, rice)[place % 2], 1)
    shut_out = buyers[:2]
    received = {"kind": "received", "quantity": 5, "reason": "more"}
    dearer, reason = {"price": {"amount": 6000, "currency": "INR"}}, {"reason": "a test"}
    requests = [crowd.order(buyer) for buyer in buyers] + [
        crowd.ready(staff, "PATCH", f"/products/{milk}", dearer),
        crowd.ready(staff, "POST", f"/products/{tea}/archiving"),
        *[crowd.ready(staff, "POST", f"/products/{milk}/stock/movements", received)] * 4,
        crowd.ready(staff, "PATCH", f"/products/{rice}/stock", {"on_hand": 50}, If_Match='"1"'),
        crowd.ready(admin, "DELETE", "/categories/shelf"),
        crowd.ready(admin, "DELETE", f"/categories/{spare.slug}"),
        crowd.ready(staff, "PATCH", f"/products/{rice}", {"category": spare.slug}),
        *(
            crowd.ready(admin, "POST", f"/people/{who.uid}/suspension", reason)
            for who in shut_out
        ),
        *(crowd.ready(who, "PUT", f"/cart/lines/{rice}", {"quantity": 3}) for who in buyers[6:]),
    ]  # fmt: skip
    random.Random(attempt).shuffle(requests)
    replies = crowd.all_at_once(requests)
    assert told(replies)[(409, "category_in_use")] >= 1
    groups = [row for row in rows(OrderGroup) if row.account_id in {who.me() for who in buyers}]
    assert all(row.total_minor in (15_000, 25_000) for row in groups), "a price that nobody saw"
    assert all(basket_view(who).lines == () for who in shut_out if _has_ordered(who))
    assert count(Category, Category.slug == "shelf") == 1


def _has_ordered(who: Actor) -> bool:
    return count(Order, Order.account_id == who.me()) == 1


@repeated
def test_decisions_of_five_admins(crowd: Crowd, store: int, attempt: int) -> None:
    """One decision counts, of five alike and of two that differ."""
    admin, staff = make_person("admin"), make_person("manager", store)
    name = f"Tea {next(_numbers)}"
    wanted = [CategoryWish(kind="create", name=f"{name} {letter}") for letter in "ab"]
    wishes = [ask_for_category(staff, wish) for wish in wanted]
    waiting = [wait_for_a_place(f"mira{next(_numbers)}@example.org") for _ in range(2)]
    shops, reason = count(Store), {"reason": "not now"}
    place = {"new_store": {"name": "Corner Shop"}}
    for kind, uids, body in (
        ("category-requests", wishes, None),
        ("manager-applications", waiting, place),
    ):
        approve, reject = (f"/{kind}/{{}}/{word}" for word in ("approval", "rejection"))
        five = [crowd.ready(admin, "POST", approve.format(uids[0]), body) for _ in range(TIMES)]
        both = [
            crowd.ready(admin, "POST", approve.format(uids[1]), body),
            crowd.ready(admin, "POST", reject.format(uids[1]), reason),
        ]
        replies = crowd.all_at_once(five + both)
        for answers in (replies[:TIMES], replies[TIMES:]):
            assert told(answers)[409, "illegal_move"] == len(answers) - 1
    for table, uids, made in (
        (CategoryRequest, wishes, count(Category, Category.name.startswith(name))),
        (Approval, waiting, count(Store) - shops),
    ):
        decided = [row.status for row in rows(table) if row.uid in uids]
        assert decided[0] == "approved"
        assert made == decided.count("approved")


@repeated
def test_orders_cancelled_and_handed_over(crowd: Crowd, store: int, attempt: int) -> None:
    slug, staff = make_product(store, 10), make_person("manager", store)
    buyers = [make_person() for _ in range(2)]
    for buyer in buyers:
        set_line(buyer, slug, 2)
    taken_back, packed = (buy(buyer).orders[0].number for buyer in buyers)
    for to in ("accepted", "picking", "packed"):
        move_order(staff, packed, (to, ""))
    cancel = f"/orders/{taken_back}/cancellation"
    moves = f"/orders/{packed}/moves"
    replies = crowd.all_at_once(
        [crowd.ready(buyers[0], "POST", cancel) for _ in range(TIMES)]
        + [crowd.ready(staff, "POST", moves, {"to": "cancelled", "reason": "no show"})]
        + [crowd.ready(staff, "POST", moves, {"to": to}) for to in ("ready", "handed_over")]
    )
    assert told(replies[:TIMES]) == {(200, None): 1, (409, "illegal_move"): TIMES - 1}
    order = get_order(staff, packed)
    ends = {"cancelled": ("voided", 10), "ready": ("due", 8), "handed_over": ("captured", 8)}
    assert (order.payment_status, stock_of(slug)) == ends[order.status]


@repeated
def test_two_devices_sign_in(crowd: Crowd, store: int, attempt: int) -> None:
    """The baskets of both join the account's: of each product the larger wish."""
    milk, rice, tea = (make_product(store, 50) for _ in range(3))
    email, password = f"asha{next(_numbers)}@example.org", "green tea and biscuits"
    create_account(SYSTEM, PersonToCreate(email, "Asha", password, "customer", "UTC"))
    asha = Actor(account_id=next(row.id for row in rows(Account) if row.email == email))
    wishes = {f"phone-{email}": {milk: 3, rice: 1}, f"laptop-{email}": {milk: 5, tea: 2}}
    for secret, lines in wishes.items():
        guest = Actor(guest_hash=hash_secret(secret))
        for slug, quantity in lines.items():
            set_line(guest, slug, quantity)
    who = {"email": email, "password": password}
    replies = crowd.all_at_once(
        [crowd.visit("POST", "/auth/sign-in", who, Cookie=f"basket={secret}") for secret in wishes]
    )
    assert [reply.status for reply in replies] == [201, 201]
    found = {line.slug: line.quantity for line in basket_view(asha).lines}
    assert found == {milk: 5, rice: 1, tea: 2}
