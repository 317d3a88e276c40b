"""What is measured: each scenario's requests, made ready before the clock runs."""

import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import quote

import msgspec
from sqlalchemy import Connection, select

from bench.load import CONNECTIONS, Call, Unit
from bench.orders import HOME, actors, fill_baskets
from bench.servers import POSTGRESQL, SQLITE
from kirana.cart.services import clear
from kirana.catalog.models import Product
from kirana.catalog.services.versions import raise_version
from kirana.demo.people import PASSWORD
from kirana.platform.access import Actor
from kirana.platform.cookies import ACCESS_COOKIE
from kirana.platform.db import query, verb
from kirana.platform.paging import encode_cursor
from kirana.stock.models import StockLevel
from tests.checkout.calling import bearer_of

PLENTY = 200
LINES = 3
MOST_GOODS = 300
Raw = Literal["statements", "order", "hash", ""]


@dataclass(frozen=True)
class Good:
    """A product sold by the piece, of which there is plenty."""

    id: int
    slug: str
    price_minor: int


@dataclass
class Stage:
    """The people and goods of one shop, and what was used up already."""

    people: Sequence[Actor]
    goods: Sequence[Good]
    places: Sequence[tuple[str, str]]
    words: Sequence[str]
    numbers: Iterator[int] = field(default_factory=itertools.count)
    tokens: dict[int, str] = field(default_factory=dict)

    def another(self) -> int:
        """A number that no request has had yet."""
        return next(self.numbers)

    def bearer(self, person: Actor) -> Mapping[str, str]:
        token = self.tokens.get(person.me()) or bearer_of(person)
        self.tokens[person.me()] = token
        return {"Authorization": f"Bearer {token}"}

    def crowd(self, count: int) -> list[Actor]:
        return [self.people[self.another() % len(self.people)] for _ in range(count)]

    def three_goods(self) -> list[Good]:
        start = self.another() * LINES
        return [self.goods[(start + step) % len(self.goods)] for step in range(LINES)]


@dataclass(frozen=True)
class Scenario:
    """``make(stage, count)`` gives that many units; ``seconds`` > 0 sends them over and over.

    ``is_cold``: the catalogue's version is raised before, so that no cache knows an answer.
    ``targets`` are CPU ms by database; ``most_bare`` the most times the bare view, which is asked
    over as many ``connections``.
    """

    name: str
    title: str
    make: Callable[[Stage, int], list[Unit]]
    count: int
    seconds: float = 0
    is_cold: bool = False
    raw: Raw = "statements"
    targets: Mapping[str, float] = field(default_factory=dict)
    most_bare: float | None = None
    connections: int = CONNECTIONS


def set_stage() -> Stage:
    """The shop that ``db`` is connected to, as the scenarios need it."""
    return Stage(actors(), _goods(), _places(), _words())


@query
def _goods(connection: Connection) -> list[Good]:
    """Of the first store, by the piece."""
    first = select(Product.store_id).order_by(Product.id).limit(1).scalar_subquery()
    find = (
        select(Product.id, Product.slug, Product.price_minor)
        .join(StockLevel, StockLevel.product_id == Product.id)
        .where(
            Product.store_id == first, Product.status == "published", Product.unit == "each",
            Product.increment == 1, Product.minimum == 1, StockLevel.tracks_lots.is_(False),
            StockLevel.on_hand - StockLevel.reserved >= PLENTY,
        )
        .order_by(Product.id.desc()).limit(MOST_GOODS)
    )  # fmt: skip
    return [Good(*row) for row in connection.execute(find)]


@query
def _places(connection: Connection) -> list[tuple[str, str]]:
    """Places in the list by name, (sort key, slug), here and there, the same in every shop."""
    columns = (Product.sort_key, Product.slug)
    shuffled = Product.id * 7919 % 104_729  # two primes
    find = select(*columns).where(Product.status == "published").order_by(shuffled, Product.id)
    return [(row[0], row[1]) for row in connection.execute(find.limit(20_000))]


@query
def _words(connection: Connection) -> list[str]:
    """Words of titles, from all over the catalogue."""
    find = select(Product.search_text).order_by(Product.uid).limit(500)
    texts = connection.execute(find).scalars()
    return sorted({word for text in texts for word in text.split() if len(word) > 3})


@verb
def forget_caches(connection: Connection) -> None:
    """Nothing that was kept counts any more."""
    raise_version(connection)


# ---- units


def _always(path: str, **headers: str) -> Callable[[Stage, int], list[Unit]]:
    return lambda stage, count: [[Call("GET", path, headers=headers)]] * count


def _shopping(path: str) -> Callable[[Stage, int], list[Unit]]:
    """A page for somebody who is signed in and has something in the basket."""

    def make(stage: Stage, count: int) -> list[Unit]:
        (person,), good = stage.crowd(1), stage.goods[0]
        empty_baskets([person])
        fill_baskets([(person, [(good.id, good.slug)])])
        token = stage.bearer(person)["Authorization"].removeprefix("Bearer ")
        return [[Call("GET", path, headers={"Cookie": f"{ACCESS_COOKIE}={token}"})]] * count

    return make


def _anywhere(path: str) -> Callable[[Stage, int], list[Unit]]:
    """The list from a place on, another each time, as somebody who pages through comes there."""

    def make(stage: Stage, count: int) -> list[Unit]:
        places = (stage.places[stage.another() % len(stage.places)] for _ in range(count))
        cursors = (encode_cursor(["name", *place]) for place in places)
        return [[Call("GET", f"{path}?cursor={cursor}")] for cursor in cursors]

    return make


def _products(stage: Stage, count: int) -> list[Unit]:
    wanted = (stage.places[stage.another() % len(stage.places)] for _ in range(count))
    return [[Call("GET", f"/api/v1/products/{slug}")] for _sort_key, slug in wanted]


def _searches(stage: Stage, count: int) -> list[Unit]:
    found: list[Unit] = []
    for _ in range(count):
        number = stage.another()
        word = stage.words[number % len(stage.words)]
        limit = 15 + number // len(stage.words) % 10
        found.append([Call("GET", f"/api/v1/products?q={quote(word)}&limit={limit}")])
    return found


def _put(stage: Stage, person: Actor, good: Good, quantity: int) -> Call:
    body = json.dumps({"quantity": quantity}).encode()
    return Call("PUT", f"/api/v1/cart/lines/{good.slug}", body, stage.bearer(person))


def _adds(stage: Stage, count: int) -> list[Unit]:
    people = stage.crowd(count)
    goods = [stage.goods[stage.another() % len(stage.goods)] for _ in people]
    return [
        [_put(stage, person, good, quantity)]
        for quantity in (1, 2)
        for person, good in zip(people, goods, strict=True)
    ]


def _place(stage: Stage, person: Actor, goods: Sequence[Good]) -> Call:
    total = sum(good.price_minor for good in goods)
    body = {
        "delivery": msgspec.to_builtins(HOME),
        "expected_total": {"amount": total, "currency": "INR"},
    }
    headers = {**stage.bearer(person), "Idempotency-Key": f"bench-{stage.another()}"}
    return Call("POST", "/api/v1/orders", json.dumps(body).encode(), headers)


def empty_baskets(people: Sequence[Actor]) -> None:
    for person in people:
        clear(person)


def _orders(stage: Stage, count: int) -> list[Unit]:
    """Baskets of three lines are filled before; what is measured is placing them."""
    people = stage.crowd(count)
    goods = [stage.three_goods() for _ in people]
    empty_baskets(people)
    fill_baskets(
        [
            (person, [(good.id, good.slug) for good in chosen])
            for person, chosen in zip(people, goods, strict=True)
        ]
    )
    return [[_place(stage, person, chosen)] for person, chosen in zip(people, goods, strict=True)]


def _journeys(stage: Stage, count: int) -> list[Unit]:
    """A list, three products, three lines, the basket, the start of checkout, the order."""
    people = stage.crowd(count)
    empty_baskets(people)
    return [_journey(stage, person) for person in people]


def _journey(stage: Stage, person: Actor) -> Unit:
    goods, bearer = stage.three_goods(), stage.bearer(person)
    return [
        Call("GET", "/api/v1/products"),
        *(Call("GET", f"/api/v1/products/{good.slug}") for good in goods),
        *(_put(stage, person, good, 1) for good in goods),
        Call("GET", "/api/v1/cart", headers=bearer),
        Call("POST", "/api/v1/checkout", headers=bearer),
        _place(stage, person, goods),
    ]


def _sign_ins(stage: Stage, count: int) -> list[Unit]:
    bodies = ({"email": one.email, "password": PASSWORD} for one in stage.crowd(count))
    return [[Call("POST", "/api/v1/auth/sign-in", json.dumps(body).encode())] for body in bodies]


def _both(sqlite: float, postgresql: float) -> dict[str, Any]:
    return {"targets": {SQLITE: sqlite, POSTGRESQL: postgresql}}


SCENARIOS = (
    Scenario("list_edge", "list API, through the edge", _always("/api/v1/products"), 10, 1.0,
             raw="", most_bare=0.5, connections=10),
    # Who asks for a part of an answer is left to Flask.
    Scenario("list_cached", "list API, cached inside Flask",
             _always("/api/v1/products", Range="bytes=0-"), 10, 1.0, raw="", most_bare=1.3,
             connections=10),
    Scenario("list", "list API, not cached", _anywhere("/api/v1/products"), 800,
             is_cold=True, **_both(0.35, 0.6)),
    Scenario("product", "product API, not cached", _products, 800, is_cold=True,
             **_both(0.3, 0.5)),
    Scenario("page", "list page, not cached", _anywhere("/products"), 300, is_cold=True,
             **_both(1.5, 1.5)),
    Scenario("page_edge", "list page, through the edge", _always("/products"), 10, 1.0, raw="",
             most_bare=0.5, connections=10),
    Scenario("page_cached", "list page with a basket, cached", _shopping("/products"),
             CONNECTIONS, 1.0, raw="", **_both(0.5, 0.5)),
    Scenario("search", "search API, not cached", _searches, 400, is_cold=True,
             **_both(0.6, 0.6)),
    Scenario("basket", "add to basket", _adds, 200, 1.0, **_both(1.0, 1.5)),
    Scenario("order", "place an order of three lines", _orders, 120, raw="order",
             **_both(2.5, 4.0)),
    Scenario("journey", "whole checkout, ten requests", _journeys, 80, raw="",
             **_both(8.0, 8.0)),
    Scenario("sign_in", "sign in", _sign_ins, 48, raw="hash", **_both(25.0, 25.0)),
)  # fmt: skip
