"""Cards at hand, and the version that is read along, while somebody changes something."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from sqlalchemy import Connection, select

from kirana.catalog.inputs import ProductChanges
from kirana.catalog.models import Product
from kirana.catalog.services.products import edit_product, hide_product
from kirana.platform import cache, db, freshness
from kirana.platform.amounts import Money
from kirana.platform.db import query
from kirana.platform.paging import Page
from kirana.search import cached as search
from kirana.search.shapes import ProductQuery
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


def unheard(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """As ``elsewhere``, on another host: this process is told nothing."""
    with monkeypatch.context() as patch:
        patch.setattr(freshness, "raised", lambda _version: None)
        elsewhere(act)


def shown(page: Page[ShelfItem]) -> list[int]:
    return [item.price_minor for item in page.items]


def kept(wanted: ProductQuery) -> Page[ShelfItem]:
    """A list that is kept in this process alone, as those are that hardly anybody asks for."""

    def find() -> Page[ShelfItem]:
        return search.find_products(wanted)

    return cache.cached_as(Page[ShelfItem], "kept", search.search_key(wanted), find, 0)


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


def _forgets_what_it_read() -> int:
    """The mutant: a version that was read while this process committed is not remembered."""
    begun, forgotten = time.monotonic(), freshness._known.forgotten
    version = freshness._known.read()
    with freshness._lock:
        if forgotten == freshness._known.forgotten:
            freshness._known.version = version
            freshness._known.until = begun + freshness.TRUSTED_SECONDS
    return version


@pytest.mark.parametrize("is_guarded", [True, False])
def test_no_list_of_a_version_is_made_of_older_cards(
    market: Market, app: Any, monkeypatch: pytest.MonkeyPatch, is_guarded: bool
) -> None:
    """One thread reads the version slowly; meanwhile a change, a look, and a change elsewhere."""
    slug, other = market.sell(price=100), market.sell("Other", 50)
    read, rare = freshness._known.read, ProductQuery(price_min=1)

    def look() -> None:
        with app.test_request_context():
            assert shown(kept(rare)) == [100, 60]

    def slow() -> int:
        freshness._known.read = read
        elsewhere(lambda: reprice(market, other, 60))
        elsewhere(look)
        unheard(monkeypatch, lambda: reprice(market, slug, 200))
        return read()

    if not is_guarded:
        monkeypatch.setattr(freshness, "reread", _forgets_what_it_read)
        monkeypatch.setattr(freshness, "latest", lambda begun: freshness.seen_since(begun))
    with app.test_request_context():
        freshness.forget()
        monkeypatch.setattr(freshness._known, "read", slow)
        kept(rare)
        monkeypatch.setattr(freshness._known, "read", read)
        freshness.forget()
        assert shown(kept(rare)) == [200 if is_guarded else 100, 60]


@pytest.mark.parametrize("is_guarded", [True, False])
def test_keys_and_cards_of_two_versions_are_not_kept(
    market: Market, app: Any, monkeypatch: pytest.MonkeyPatch, is_guarded: bool
) -> None:
    """Between a list's keys and its cards another thread learns of a change, and has new cards."""
    slug, other = market.sell("A", 100), market.sell("B", 200)
    keys = [key_of(slug), key_of(other)]
    wanted, find = ShelfQuery(sort="price"), queries.list_keys

    def look() -> None:
        with app.test_request_context():
            freshness.reread()
            assert prices(keys) == [900, 200]

    def slow(*given: Any) -> Page[int]:
        page = find(*given)
        monkeypatch.setattr(queries, "list_keys", find)
        unheard(monkeypatch, lambda: reprice(market, slug, 900))
        elsewhere(look)
        return page

    monkeypatch.setattr(queries, "list_keys", slow)
    if not is_guarded:
        monkeypatch.setattr(freshness, "latest", lambda begun: freshness.seen_since(begun))
    with app.test_request_context():
        known = freshness.reread()
        cached.list_shelf(wanted)
        freshness._known.version = known  # as one asks who still trusts it
        again = shown(cached.list_shelf(wanted))
    assert again == ([200, 900] if is_guarded else [900, 200])


@pytest.mark.parametrize("is_guarded", [True, False])
def test_what_a_transaction_sees_is_not_filed(
    market: Market, app: Any, monkeypatch: pytest.MonkeyPatch, is_guarded: bool
) -> None:
    slug, other = market.sell("A", 100), market.sell("B", 100)
    keys = [key_of(slug)]

    def rolled_back() -> None:
        with db.transaction():
            reprice(market, slug, 777)
            if not is_guarded:
                monkeypatch.setattr(db, "in_transaction", lambda: False)
            assert prices(keys) == [777]
            raise ZeroDivisionError

    with app.test_request_context():
        with pytest.raises(ZeroDivisionError):
            rolled_back()
        monkeypatch.undo()
        reprice(market, other, 200)  # takes the number that was given back
        assert prices(keys) == [100 if is_guarded else 777]


def test_cards_do_not_crowd_out_answers(market: Market, app: Any) -> None:
    key = key_of(market.sell(price=100))
    shelf = cache.cache_of(app).cards
    with app.test_request_context():
        assert cache.cached("page", "kept", lambda: b"made once", 0) == b"made once"
        assert prices([key]) == [100]
        for number in range(2 * shelf._most):
            shelf.put(number, None, 60, 1500)
        assert cache.cached("page", "kept", lambda: b"made twice", 0) == b"made once"
        assert len(shelf) <= shelf._most
        assert shelf.bytes <= shelf._most_bytes
