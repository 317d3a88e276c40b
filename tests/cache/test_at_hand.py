"""Cards at hand, and the version that is read along, while somebody changes something."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from sqlalchemy import Connection, select

from kirana.catalog.inputs import ProductChanges
from kirana.catalog.models import Product
from kirana.catalog.services.products import edit_product, hide_product
from kirana.platform import cache, freshness
from kirana.platform.amounts import Money
from kirana.platform.db import query
from kirana.stock import cached, queries
from kirana.stock.filters import ShelfQuery
from kirana.stock.views import ShelfItem
from tests.cart.counting import counted
from tests.catalog.market import Market, open_market


@pytest.fixture
def market(app: Any) -> Market:
    return open_market()


@query
def key_of(connection: Connection, slug: str) -> int:
    found: int = connection.execute(select(Product.id).where(Product.slug == slug)).scalar_one()
    return found


def elsewhere(act: Callable[[], object]) -> None:
    """Run ``act`` as another process would: outside this context."""
    thread = threading.Thread(target=act)
    thread.start()
    thread.join(20)


def reprice(market: Market, slug: str, amount: int) -> None:
    edit_product(market.manager, slug, ProductChanges(price=Money(amount, "INR")))


def prices(keys: Sequence[int]) -> list[int]:
    found = cached.items_of(keys)
    return [found[key].price_minor for key in keys if key in found]


def test_only_what_is_not_at_hand_is_asked_for(market: Market, app: Any) -> None:
    keys = [key_of(market.sell(title)) for title in ("Milk", "Bread", "Tea")]
    with app.test_request_context():
        freshness.current()
        found = []
        for wanted in (keys[:2], keys[:2], keys, keys[::-1]):
            with counted() as statements:
                found.append(cached.items_of(wanted))
            assert len(statements) == (1 if len(found) in (1, 3) else 0)
        assert found[3] == found[2] == queries.items_of(keys)


def test_a_change_takes_the_cards_away(market: Market, app: Any) -> None:
    milk, bread = market.sell("Milk", 100), market.sell("Bread", 100)
    keys = [key_of(milk), key_of(bread)]
    with app.test_request_context():
        assert prices(keys) == [100, 100]
        reprice(market, milk, 200)
        assert prices(keys) == [200, 100]
        hide_product(market.manager, bread)
        assert prices(keys) == [200]
        listed = queries.list_shelf(ShelfQuery(), items_of=cached.items_of)
        assert listed == queries.list_shelf(ShelfQuery())


@pytest.mark.parametrize("is_guarded", [True, False])
def test_rows_are_filed_under_the_version_they_are_of(
    market: Market, app: Any, monkeypatch: pytest.MonkeyPatch, is_guarded: bool
) -> None:
    """Read the old price, lose the processor, file it. Under the version of then it would last."""
    slug = market.sell(price=100)
    keys, find = [key_of(slug)], queries.items_of

    def slow(keys: Sequence[int]) -> dict[int, ShelfItem]:
        found = find(keys)
        monkeypatch.setattr(queries, "items_of", find)
        elsewhere(lambda: reprice(market, slug, 200))
        return found

    monkeypatch.setattr(queries, "items_of", slow)
    if not is_guarded:
        monkeypatch.setattr(freshness, "seen_since", lambda _begun: freshness.reread())
    with app.test_request_context():
        assert prices(keys) == [100]
        assert prices(keys) == [200 if is_guarded else 100]


@pytest.mark.parametrize("is_guarded", [True, False])
def test_a_query_that_comes_after_voids_what_was_read_along(
    market: Market, app: Any, monkeypatch: pytest.MonkeyPatch, is_guarded: bool
) -> None:
    """A value of two queries, with a change in between, is of no version."""
    slug = market.sell(price=100)

    def of_two_moments() -> bytes:
        [key] = queries.list_keys(ShelfQuery()).items
        elsewhere(lambda: reprice(market, slug, 200))
        return f"{key_of(slug) == key} {queries.list_items([slug])[0].price_minor}".encode()

    if not is_guarded:
        monkeypatch.setattr(freshness, "seen_since", lambda _begun: freshness._along.get()[0])
    with app.test_request_context():
        known = freshness.current()
        monkeypatch.setattr(freshness, "current", lambda: known)
        assert cache.cached("two", "key", of_two_moments, 0) == b"True 200"
        again = cache.cached("two", "key", lambda: b"made again", 0)
    assert again == (b"made again" if is_guarded else b"True 200")
