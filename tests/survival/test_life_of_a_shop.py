"""Anything in any order: the shop and a small model of it agree after each deed."""

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Connection, select

from kirana import check
from kirana.cart.models import Cart, CartLine
from kirana.cart.services import change_line, merge_guest_cart, remove_line, set_line
from kirana.catalog.inputs import ProductChanges
from kirana.catalog.models import Product
from kirana.catalog.services.products import (
    archive_product,
    edit_product,
    hide_product,
    publish_product,
)
from kirana.checkout.services import check_out
from kirana.orders.models import Order
from kirana.orders.services import cancel_my_order, move_order, moving
from kirana.orders.states import ORDER_MOVES
from kirana.platform import db
from kirana.platform.access import Actor
from kirana.platform.amounts import Money
from kirana.platform.db import query, verb
from kirana.platform.errors import ShopError
from kirana.platform.idempotency import Claim, Stored, once
from kirana.stock.models import StockLevel
from kirana.stock.services.goods import (
    Waste,
    adjust_stock,
    count_stock,
    receive_goods,
    waste_goods,
)
from kirana.stock.store_queries import get_stock
from tests.cart.goods import make_guest, make_person, make_product, make_store
from tests.checkout.buying import HOME, rows
from tests.machinery import memory
from tests.machinery.databases import Database
from tests.races.threads import REPEATS, repeated
from tests.survival.model import Model, Shelf

# Small numbers meet often: what is wished is about what is there.
STOCK = 5
QUANTITIES = st.integers(1, 6)
GOODS = st.integers(0, 3)
WISHES = st.dictionaries(GOODS, st.integers(1, 2), max_size=3)
WHO = st.sampled_from(["asha", "ben", "guest"])
BUYERS = st.sampled_from(["asha", "ben"])
STATUSES = st.sampled_from(list(ORDER_MOVES))
ANY = st.integers(0, 10**6)
SHOWING = {"published": publish_product, "hidden": hide_product, "archived": archive_product}

SHORT = settings(
    max_examples=8,
    stateful_step_count=25 if REPEATS == 1 else 60,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@verb
def sign_in(connection: Connection, person: Actor, guest: Actor) -> str | None:
    return merge_guest_cart(connection, account_id=person.me(), guest_hash=guest.guest_hash)


@query
def levels(connection: Connection) -> dict[str, int]:
    joined = StockLevel.__table__.join(Product.__table__)
    found = connection.execute(select(Product.slug, StockLevel.on_hand).select_from(joined))
    return {row.slug: row.on_hand for row in found}


@query
def wishes(connection: Connection) -> dict[str, dict[str, int]]:
    """What lies in the open baskets, by owner."""
    joined = CartLine.__table__.join(Cart.__table__).join(Product.__table__)
    found = connection.execute(
        select(Cart.account_id, Cart.guest_hash, Product.slug, CartLine.quantity)
        .select_from(joined)
        .where(Cart.status == "open")
    )
    held: dict[str, dict[str, int]] = defaultdict(dict)
    for row in found:
        owner = Actor(account_id=row.account_id, guest_hash=row.guest_hash or "").owner_key
        held[owner][row.slug] = row.quantity
    return held


class Life(RuleBasedStateMachine):
    """Two stores with two products each, their managers, two customers and a guest."""

    def __init__(self) -> None:
        super().__init__()
        make_person("admin")
        stores = [make_store(), make_store()]
        self.staff = {store: make_person("manager", store) for store in stores}
        self.people = {"asha": make_person(), "ben": make_person(), "guest": make_guest()}
        shelves = {
            make_product(store, STOCK, price_minor=price): Shelf(store, price, STOCK)
            for store in stores
            for price in (1250, 9900)
        }
        self.goods = list(shelves)
        self.model = Model(shelves, {name: {} for name in self.people})
        self.answers: list[tuple[str, Claim, bytes]] = []

    def _agree(self, is_allowed: bool, act: Callable[[], Any]) -> Any:
        """Do it; the shop refuses exactly what the model refuses."""
        done, refusal = None, None
        try:
            done = act()
        except ShopError as error:
            refusal = error
        assert is_allowed == (refusal is None), refusal or "this should have been refused"
        return done

    def _keeper(self, slug: str) -> Actor:
        return self.staff[self.model.shelves[slug].store]

    def _any_order(self, which: int) -> str:
        return sorted(self.model.orders)[which % len(self.model.orders)]

    # ---- baskets

    @rule(who=WHO, good=GOODS, quantity=QUANTITIES)
    def put(self, who: str, good: int, quantity: int) -> None:
        slug = self.goods[good]
        is_allowed = self.model.put(who, slug, quantity)
        self._agree(is_allowed, lambda: set_line(self.people[who], slug, quantity))

    @rule(who=WHO, good=GOODS, by=st.sampled_from([-2, -1, 1, 2]))
    def step(self, who: str, good: int, by: int) -> None:
        slug = self.goods[good]
        is_allowed = self.model.step(who, slug, by)
        self._agree(is_allowed, lambda: change_line(self.people[who], slug, by))

    @rule(who=WHO, good=GOODS)
    def take_out(self, who: str, good: int) -> None:
        slug = self.goods[good]
        is_allowed = self.model.take_out(who, slug)
        self._agree(is_allowed, lambda: remove_line(self.people[who], slug))

    @rule(who=BUYERS)
    def sign_in(self, who: str) -> None:
        self.model.merge("guest", who)
        sign_in(self.people[who], self.people["guest"])

    # ---- shelves; holds and lots come here

    @rule(good=GOODS, quantity=QUANTITIES)
    def receive(self, good: int, quantity: int) -> None:
        slug = self.goods[good]
        is_allowed = self.model.change(slug, quantity)
        self._agree(is_allowed, lambda: receive_goods(self._keeper(slug), slug, quantity))

    @rule(good=GOODS, quantity=QUANTITIES)
    def waste(self, good: int, quantity: int) -> None:
        slug = self.goods[good]
        is_allowed = self.model.change(slug, -quantity)
        self._agree(
            is_allowed, lambda: waste_goods(self._keeper(slug), slug, quantity, Waste("spoilt"))
        )

    @rule(good=GOODS, delta=st.sampled_from([-3, -1, 1, 3]))
    def adjust(self, good: int, delta: int) -> None:
        slug = self.goods[good]
        is_allowed = self.model.change(slug, delta)
        self._agree(is_allowed, lambda: adjust_stock(self._keeper(slug), slug, delta, "found"))

    @rule(good=GOODS, counted=st.integers(0, 8), is_stale=st.booleans())
    def count(self, good: int, counted: int, is_stale: bool) -> None:
        slug = self.goods[good]
        keeper, shelf = self._keeper(slug), self.model.shelves[slug]
        version = get_stock(keeper, slug).version - is_stale
        is_allowed = not is_stale and self.model.change(slug, counted - shelf.on_hand)
        self._agree(is_allowed, lambda: count_stock(keeper, slug, counted, version))

    @rule(good=GOODS, price=st.integers(1, 20_000))
    def change_price(self, good: int, price: int) -> None:
        slug = self.goods[good]
        self.model.shelves[slug].price = price
        edit_product(self._keeper(slug), slug, ProductChanges(price=Money(price, "INR")))

    @rule(good=GOODS, to=st.sampled_from(["published", "published", "hidden", "archived"]))
    def show(self, good: int, to: str) -> None:
        slug = self.goods[good]
        is_allowed = self.model.show(slug, to)
        self._agree(is_allowed, lambda: SHOWING[to](self._keeper(slug), slug))

    # ---- orders

    @initialize()
    def first_order(self) -> None:
        self.check_out("asha", {0: 1, 2: 2}, True)

    @rule(who=BUYERS, wishes=WISHES, is_right=st.sampled_from([True, True, True, False]))
    def check_out(self, who: str, wishes: dict[int, int], is_right: bool) -> None:
        for good, quantity in wishes.items():
            self.put(who, good, quantity)
        expected = self.model.total(self.model.baskets[who]) + (not is_right)
        is_allowed = self.model.may_check_out(who, expected)
        claim = Claim.of(self.people[who], f"key-{len(self.answers)}", b"")
        answer = self._agree(is_allowed, lambda: once(claim, lambda: self._place(who, expected)))
        if answer is not None:
            new = [row for row in rows(Order) if row.number not in self.model.orders]
            self.model.check_out(who, {row.store_id: row.number for row in new})
            self.answers.append((who, claim, answer.body))

    @precondition(lambda self: self.answers)
    @rule(which=ANY)
    def send_again(self, which: int) -> None:
        """The old answer, whatever the basket holds by now."""
        who, claim, body = self.answers[which % len(self.answers)]
        again = once(claim, lambda: self._place(who, 0))
        assert (again.replayed, again.body) == (True, body)

    @precondition(lambda self: self.model.orders)
    @rule(which=ANY, to=STATUSES)
    def move(self, which: int, to: str) -> None:
        number = self._any_order(which)
        staff = self.staff[self.model.orders[number].store]
        is_allowed = self.model.move(number, to)
        self._agree(is_allowed, lambda: move_order(staff, number, (to, "because")))

    @precondition(lambda self: self.model.orders)
    @rule(which=ANY, ahead=ANY)
    def move_on(self, which: int, ahead: int) -> None:
        """To any of the next places, so that some orders come far."""
        number = self._any_order(which)
        if following := ORDER_MOVES[self.model.orders[number].status]:
            self.move(which, following[ahead % len(following)])

    @precondition(lambda self: self.model.orders)
    @rule(which=ANY)
    def cancel(self, which: int) -> None:
        number = self._any_order(which)
        buyer = self.people[self.model.orders[number].buyer]
        is_allowed = self.model.cancel(number)
        self._agree(is_allowed, lambda: cancel_my_order(buyer, number))

    def _place(self, who: str, expected: int) -> Stored:
        group = check_out(self.people[who], HOME, Money(expected, "INR"))
        return Stored(201, msgspec.json.encode(group))

    # ---- what must be so after each deed

    @invariant()
    def shelves_agree(self) -> None:
        wanted = {slug: shelf.on_hand for slug, shelf in self.model.shelves.items()}
        assert levels() == wanted

    @invariant()
    def baskets_agree(self) -> None:
        held = wishes()
        there = {name: held.get(actor.owner_key, {}) for name, actor in self.people.items()}
        assert there == self.model.baskets

    @invariant()
    def orders_agree(self) -> None:
        there = {row.number: (row.status, row.total_minor) for row in rows(Order)}
        wanted = {number: (o.status, o.total) for number, o in self.model.orders.items()}
        assert there == wanted

    def teardown(self) -> None:
        assert check.run() == []


@pytest.fixture
def begin_anew(
    request: pytest.FixtureRequest, database: Database
) -> Callable[[], RuleBasedStateMachine]:
    """Makes a machine on an empty database."""

    def machine() -> RuleBasedStateMachine:
        db.dispose()
        memory.forget()
        if database.kind == "sqlite":
            path = Path(database.url.removeprefix("sqlite:///"))
            request.getfixturevalue("sqlite_source").fresh(path)
        else:
            request.getfixturevalue("postgres_source").fresh()
        return Life()

    return machine


@repeated
def test_the_shop_is_as_its_model(
    begin_anew: Callable[[], RuleBasedStateMachine], attempt: int
) -> None:
    run_state_machine_as_test(begin_anew, settings=SHORT)


def test_mutant_that_keeps_what_is_cancelled(
    begin_anew: Callable[[], RuleBasedStateMachine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving, "give_back_for_lines", lambda *_: None)
    searching = settings(SHORT, max_examples=100, derandomize=True, phases=[Phase.generate])
    with pytest.raises(AssertionError):
        run_state_machine_as_test(begin_anew, settings=searching)
