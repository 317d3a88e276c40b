"""What our views cost beside a bare Flask view that answers the same bytes, in function calls.

Counted, not timed: a busy machine changes nothing. The budgets leave a third of room, so that a
new version of a library passes and a loop over rows that was not there before does not.
"""

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest

from kirana.cart.services import set_line
from kirana.platform import cache, db, engines, freshness
from kirana.platform.cookies import GUEST_COOKIE
from kirana.search import api
from kirana.stock import queries
from tests.budgets.calls import bare_client, calls_of, calls_once
from tests.cart.goods import make_person, make_product, make_store
from tests.checkout.calling import bearer_of, order_body

Act = Callable[[], Any]
PRODUCTS = 20
SQLITE_TRANSACTION = 22  # sqlite3.h
# Times the calls of the bare view.
BUDGETS = {
    "list, at the edge": 1.2,
    "list, cached": 1.8,
    "list": 2.1,
    "product": 2.1,
    "page": 15.9,
    "page, cached": 3.0,
    "basket": 2.7,
    "add to basket": 4.5,
    "order": 9.1,
}


@pytest.fixture
def acts(client: Any) -> dict[str, Act]:
    """Each kind of request, so that it can be made again and again."""
    store, buyer = make_store(), make_person()
    slugs = [make_product(store, 10_000) for _ in range(PRODUCTS)]
    headers = {"Authorization": f"Bearer {bearer_of(buyer)}"}
    numbers = itertools.count(1)
    # Pages are not answered at the edge for who has a basket, nor JSON for who asks for a part.
    passer_by, guest = client.application.test_client(), client.application.test_client()
    guest.set_cookie(GUEST_COOKIE, "none-of-ours")

    def get(path: str, by: Any = guest, **headers: str) -> Any:
        freshness.current()
        return by.get(path, headers=headers)

    def put() -> Any:
        body = {"quantity": 1 + next(numbers) % 2}
        return client.put(f"/api/v1/cart/lines/{slugs[0]}", json=body, headers=headers)

    return {
        "list, at the edge": lambda: get("/api/v1/products", passer_by),
        "list, cached": lambda: get("/api/v1/products", Range="bytes=0-"),
        "list": lambda: get(f"/api/v1/products?price_max={10**9 + next(numbers)}"),
        "product": lambda: get(f"/api/v1/products/{slugs[next(numbers) % PRODUCTS]}"),
        "page": lambda: get(f"/products?max_price={10**6 + next(numbers)}"),
        "page, cached": lambda: get("/products"),
        "basket": lambda: client.get("/api/v1/cart", headers=headers),
        "add to basket": put,
    }


def ratio(act: Act) -> float:
    """How many times the calls of the bare view; the first two answers warm up."""
    first = act()
    assert act().status_code == 200
    bare = bare_client(first.data)
    bare.get("/")
    return calls_of(act) / calls_of(lambda: bare.get("/"))


@pytest.mark.parametrize("name", [name for name in BUDGETS if name != "order"])
def test_a_view_costs_so_many_times_the_bare_one(acts: dict[str, Act], name: str) -> None:
    assert ratio(acts[name]) <= BUDGETS[name]


def preparations(act: Act) -> int:
    """What SQLite asks while it prepares statements for the third of three requests.

    But for COMMIT, which the driver prepares itself.
    """
    asked: list[object] = []
    with db.reading() as connection:
        driver: Any = connection.connection.dbapi_connection
    driver.set_authorizer(lambda *what: asked.extend(what[:1]) or 0)
    try:
        act()
        act()
        asked.clear()
        act()
    finally:
        driver.set_authorizer(None)
    return sum(what != SQLITE_TRANSACTION for what in asked)


@pytest.mark.on_database("sqlite")
@pytest.mark.parametrize("name", [name for name in BUDGETS if name != "order"])
def test_no_statement_is_prepared_anew(acts: dict[str, Act], name: str) -> None:
    """Half of what a list's statement cost was preparing it, each time."""
    assert preparations(acts[name]) == 0


class _NoSum:
    def __add__(self, other: Any) -> Any:
        return other


@pytest.mark.on_database("sqlite")
def test_a_bare_limit_is_prepared_anew(
    acts: dict[str, Act], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mutant; older libraries do not look at the value of a limit."""
    monkeypatch.setattr(queries, "literal_column", lambda _text: _NoSum())
    queries._one_page.cache_clear()
    try:
        is_new = engines.sqlite_version() >= engines.SAFE_WAL
        assert (preparations(acts["list"]) > 0) is is_new
    finally:
        queries._one_page.cache_clear()


def test_placing_an_order_costs_so_many_times_the_bare_view(client: Any) -> None:
    """Three lines, put into the basket before."""
    store, buyer = make_store(), make_person()
    slugs = [make_product(store, 100) for _ in range(3)]
    token, counts = bearer_of(buyer), []
    for number in range(3):
        for slug in slugs:
            set_line(buyer, slug, 1)
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"k{number}"}
        answers: list[Any] = []
        counts.append(
            calls_once(
                lambda given=headers, into=answers: into.append(  # type: ignore[misc]
                    client.post("/api/v1/orders", json=order_body(15_000), headers=given)
                )
            )
        )
        assert answers[0].status_code == 201
    bare = bare_client(answers[0].data)
    bare.get("/")
    assert min(counts) / calls_of(lambda: bare.get("/")) <= BUDGETS["order"]


def test_a_planted_loop_over_the_rows_is_found(
    acts: dict[str, Act], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each product of a list made ready twenty times instead of once for all lists."""
    make = api._encoded.__wrapped__

    def wasteful(*given: Any) -> Any:
        for _ in range(20):
            item = make(*given)
        return item

    monkeypatch.setattr(api, "_encoded", wasteful)
    assert ratio(acts["list"]) > BUDGETS["list"]


def test_a_planted_cost_of_each_request_is_found(
    acts: dict[str, Act], client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cached answer that is read and written again before it is given away."""
    make = cache.cached_answer

    def wasteful(*args: Any, **kwargs: Any) -> Any:
        answer = make(*args, **kwargs)
        json.loads(json.dumps(json.loads(bytes(answer.body)), indent=1))
        return answer

    monkeypatch.setattr(api, "cached_answer", wasteful)
    assert ratio(acts["list, cached"]) > BUDGETS["list, cached"]
