"""Statements per request, each one counted: who calls, the cache's version, the key.

A statement is one call of the driver; BEGIN and COMMIT are left out. The table in
docs/performance.md has the figures of this module.
"""

from collections.abc import Callable
from typing import Any

import pytest

from kirana.cart.services import set_line
from kirana.catalog.queries import catalog_version
from kirana.platform import db, freshness
from kirana.platform.access import Actor
from kirana.platform.cookies import ACCESS_COOKIE
from tests.cart.counting import counted
from tests.cart.goods import make_person, make_product, make_store
from tests.checkout.calling import bearer_of, order_body

FEW, MANY = 3, 30
# Who calls: the live session with its account and places.
CALLER = 1
# Address and budget. ``{slug}`` is one of the products, ``?q=`` makes the list a search.
COLD = [
    ("/api/v1/products", 3),
    ("/api/v1/products?category=shelf&q=product&in_stock=true&sort=-price", 3),
    ("/api/v1/products/{slug}", 4),
]
SIGNED_IN = [
    ("/products", 3),
    ("/products/{slug}", 4),
    ("/search?q=product", 3),
    ("/api/v1/cart", 5),
    ("/basket", 5),
    ("/checkout", 5),
]


def cost(call: Callable[[], Any], status: int = 200) -> int:
    with counted() as statements:
        assert call().status_code == status
    assert statements
    return len(statements)


def stocked(products: int) -> tuple[list[str], Actor]:
    """So many products on the shelf, all of them in somebody's basket."""
    store, buyer = make_store(), make_person()
    slugs = [make_product(store, 100) for _ in range(products)]
    for slug in slugs:
        set_line(buyer, slug, 1)
    return slugs, buyer


def test_what_the_cache_does_not_know_yet(client: Any) -> None:
    few, many = ([cost_cold(client, path, n) for path, _budget in COLD] for n in (FEW, MANY))
    assert few == many
    assert all(found <= budget for found, (_path, budget) in zip(many, COLD, strict=True)), many


def cost_cold(client: Any, path: str, products: int) -> int:
    slugs, _buyer = stocked(products)
    freshness.forget()
    # Another address than before: that answer is kept, for nothing here raises its version.
    query = "" if "{slug}" in path else ("&" if "?" in path else "?") + f"limit={products}"
    return cost(lambda: client.get(path.format(slug=slugs[0]) + query))


def test_what_somebody_signed_in_sees(client: Any) -> None:
    """Pages with what the cache knows already; the version it is filed under is read again."""
    few, many = (costs_of_a_customer(client, products) for products in (FEW, MANY))
    assert few == many
    assert all(found <= budget for found, (_, budget) in zip(many, SIGNED_IN, strict=True)), many


def costs_of_a_customer(client: Any, products: int) -> list[int]:
    slugs, buyer = stocked(products)
    client.set_cookie(ACCESS_COOKIE, bearer_of(buyer))
    found = []
    for path, _budget in SIGNED_IN:
        address = path.format(slug=slugs[0])
        assert client.get(address).status_code == 200
        freshness.forget()
        found.append(cost(lambda url=address: client.get(url)))  # type: ignore[misc]
    return found


def place(client: Any, buyer: Actor, products: int) -> int:
    headers = {"Authorization": f"Bearer {bearer_of(buyer)}", "Idempotency-Key": "k"}
    body = order_body(5000 * products)
    return cost(lambda: client.post("/api/v1/orders", json=body, headers=headers), 201)


def test_placing_an_order(client: Any) -> None:
    """The key claimed and answered, the order, its stock: 13, and one for each product."""
    for products in (1, FEW, MANY):
        _slugs, buyer = stocked(products)
        assert place(client, buyer, products) - CALLER <= 13 + products


def test_an_order_at_five_stores_costs_what_one_at_one_costs(client: Any) -> None:
    buyer = make_person()
    for _ in range(5):
        set_line(buyer, make_product(make_store(), 100), 1)
    assert place(client, buyer, 5) - CALLER <= 13 + 5


@pytest.mark.on_database("sqlite")
@pytest.mark.usefixtures("database")
def test_a_read_sends_its_statement_and_nothing_else() -> None:
    """A PRAGMA in between would have SQLite prepare every statement of the connection anew."""
    said: list[str] = []
    with db.reading() as connection:
        driver = connection.connection.dbapi_connection
        assert driver is not None
        driver.set_trace_callback(said.append)
    for _ in range(3):
        catalog_version()
    driver.set_trace_callback(None)
    assert [text.partition(" ")[0] for text in said] == ["SELECT"] * 3
