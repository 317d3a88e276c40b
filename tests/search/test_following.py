"""The index follows the database: each kind of change, in the order of commits, and by whom."""

import itertools
import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, delete, func, insert, literal, select, update

from kirana.catalog.inputs import CategoryChanges, NewCategory, ProductChanges
from kirana.catalog.models import CatalogChange, CatalogVersion, Product
from kirana.catalog.services import versions
from kirana.catalog.services.categories import create_category, edit_category
from kirana.catalog.services.products import (
    archive_product,
    edit_product,
    hide_product,
    publish_product,
)
from kirana.catalog.services.versions import raise_version
from kirana.platform import clock
from kirana.platform.amounts import Money
from kirana.platform.db import transaction, verb
from kirana.search import queries, services
from kirana.search.facets import count_facets
from kirana.search.folder import LOCK, Folder
from kirana.search.shapes import ProductQuery
from kirana.search.writing import Writer
from kirana.stock.services.goods import Waste, receive_goods, waste_goods
from kirana.stores.services import move_store
from tests.catalog.market import Market, product_row
from tests.search.indexing import Index, indexed
from tests.stock.lots import MIDNIGHT, MORNING, TODAY, sell_lots


def counts(**wanted: Any) -> tuple[int, int, int]:
    """How many are found, lowered, and in stock, as the index counts them."""
    found = count_facets(ProductQuery(**wanted), "INR")
    return found.count, found.offer, found.in_stock


def test_each_change_of_a_product_is_followed(market: Market, index: Index) -> None:
    slug = market.sell("Oat milk", brand="Alpro")
    assert index.step()
    generation = index.state.generation
    assert not index.step()
    assert indexed("oat") == ["Oat milk"]

    edit_product(market.manager, slug, ProductChanges(title="Barley drink", other_names=["jau"]))
    assert index.step()
    assert (indexed("oat"), indexed("barley"), indexed("jau")) == ([], *[["Barley drink"]] * 2)

    edit_product(market.manager, slug, ProductChanges(was_price=Money(19900, "INR")))
    index.step()
    assert counts(q="barley") == (1, 1, 1)
    waste_goods(market.manager, slug, 50, Waste("spoilt"))
    index.step()
    assert counts(q="barley") == (1, 1, 0)
    receive_goods(market.manager, slug, 9)
    index.step()
    assert counts(q="barley") == (1, 1, 1)

    hide_product(market.manager, slug)
    index.step()
    assert (counts(), index.state.documents) == ((0, 0, 0), 0)
    publish_product(market.manager, slug)
    index.step()
    assert (counts()[0], index.state.documents) == (1, 1)
    archive_product(market.manager, slug)
    index.step()
    assert counts() == (0, 0, 0)
    assert index.state.generation == generation, "nothing of this is worth a new index"


def test_a_store_that_closes_and_opens_takes_its_goods_along(market: Market, index: Index) -> None:
    market.sell("Oat milk")
    market.sell("Tea")
    index.step()
    assert counts()[0] == 2
    for status, number in (("holiday", 0), ("open", 2)):
        move_store(market.admin, market.store, status)
        index.step()
        assert counts()[0] == number


def test_a_category_is_found_by_its_new_name_with_all_below_it(
    market: Market, index: Index
) -> None:
    tea = create_category(market.admin, NewCategory(name="Tea", parent=market.shelf)).slug
    market.sell("Assam", category=tea)
    index.step()
    assert indexed("drinks") == ["Assam"]
    edit_category(market.admin, market.shelf, CategoryChanges(name="Beverages"))
    index.step()
    assert (indexed("drinks"), indexed("beverages")) == ([], ["Assam"])
    edit_category(market.admin, tea, CategoryChanges(parent=None))
    index.step()
    assert (indexed("beverages"), indexed("tea")) == ([], ["Assam"])


def test_goods_that_go_out_of_date_at_midnight(market: Market, index: Index) -> None:
    with clock.frozen(MORNING):
        index.writer = Writer(index.folder, "the same")
        sell_lots(market, ("a", 10, TODAY), title="Milk")
        index.step()
        index.step()
        assert counts() == (1, 0, 1)
    with clock.frozen(MIDNIGHT + timedelta(minutes=1)):
        assert index.step()
        assert counts() == (1, 0, 0)
        assert not index.step()


def test_many_changes_at_once_build_it_anew(
    market: Market, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    slugs = [market.sell(f"Tea {letter}") for letter in "abc"]
    index.step()
    generation = index.state.generation
    monkeypatch.setattr("kirana.search.writing.MOST_CHANGES", 3)
    for slug in slugs:
        edit_product(market.manager, slug, ProductChanges(brand="Wagh"))
    index.step()
    assert index.state.generation != generation
    assert len(indexed("wagh")) == 3
    assert [path.name for path in index.folder.path.iterdir() if path.is_dir()] == [
        index.state.generation
    ]


@verb
def _go_back(connection: Connection) -> None:
    """As a database is that was put back from a backup: older, and then changed otherwise."""
    connection.execute(delete(CatalogChange))
    connection.execute(update(CatalogVersion).values(version=CatalogVersion.version + 5))
    connection.execute(update(Product).values(title="From the backup"))


def test_another_past_of_the_database_is_noticed(market: Market, index: Index) -> None:
    market.sell("Oat milk")
    index.step()
    _go_back()
    index.step()
    assert counts(q="backup") == (1, 0, 1)


@verb
def _age_feed(connection: Connection) -> None:
    long_ago = clock.utc_now() - timedelta(days=8)
    connection.execute(update(CatalogChange).values(at=long_ago))


def test_what_the_feed_told_long_ago_is_forgotten(market: Market, index: Index) -> None:
    for title in ("Tea", "Milk", "Salt"):
        market.sell(title)
    _age_feed()
    assert services.forget_changes() > 1
    newest = queries.last_change()
    assert newest[1] == queries.changes_since(0, 10)[0].version
    assert services.forget_changes() == 0
    index.step()
    assert counts()[0] == 3


def test_only_one_process_writes(index: Index) -> None:
    other = Folder(index.folder.path)
    assert not other.lock()
    index.folder.unlock()
    assert other.lock()
    other.unlock()


def test_a_lock_whose_file_is_gone_keeps_nobody_out(index: Index) -> None:
    (index.folder.path / LOCK).unlink()
    other = Folder(index.folder.path)
    assert other.lock()
    assert not index.folder.lock(), "it notices that it is not the one any more"
    other.unlock()
    assert index.folder.lock()


def _slow_change(slug: str, title: str, raised: threading.Event, go_on: threading.Event) -> None:
    with transaction() as connection:
        product_id = product_row(slug).id
        change = update(Product).where(Product.id == product_id).values(title=title)
        connection.execute(change)
        raise_version(connection, ("product", product_id))
        raised.set()
        assert go_on.wait(10)


def _two_at_once(market: Market, index: Index) -> tuple[list[str], list[str]]:
    """The first to raise the version is the last to commit; titles that the index has then."""
    first, second = market.sell("Tea"), market.sell("Milk")
    index.step()
    raised, go_on = threading.Event(), threading.Event()
    slow = threading.Thread(target=_slow_change, args=(first, "Green tea", raised, go_on))
    changes = ProductChanges(title="Oat milk")
    quick = threading.Thread(target=edit_product, args=(market.manager, second, changes))
    slow.start()
    assert raised.wait(10)
    quick.start()
    quick.join(1)
    index.step()
    go_on.set()
    slow.join(10)
    quick.join(10)
    index.step()
    return indexed("green"), indexed("oat")


@pytest.mark.on_database("postgresql")
def test_versions_are_committed_in_their_order(market: Market, index: Index) -> None:
    assert _two_at_once(market, index) == (["Green tea"], ["Oat milk"])


@pytest.mark.on_database("postgresql")
def test_a_feed_numbered_without_the_lock_loses_a_change(
    market: Market, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mutant: numbers from a counter, as a sequence gives them out."""
    numbers = itertools.count(1000)

    def careless(connection: Connection, *changed: versions.Changed) -> None:
        rows = [
            {"version": next(numbers), "kind": kind, "key": key, "at": clock.utc_now()}
            for kind, key in changed
        ]
        connection.execute(insert(CatalogChange), rows)

    def highest(*_: Any) -> int:
        with transaction() as connection:
            number = select(func.coalesce(func.max(CatalogChange.version), literal(0)))
            return int(connection.execute(number).scalar_one())

    for place in ("tests.search.test_following", "kirana.catalog.services.records"):
        monkeypatch.setattr(f"{place}.raise_version", careless)
    monkeypatch.setattr("kirana.search.writing.catalog_version", highest)
    assert _two_at_once(market, index) == ([], ["Oat milk"])
