"""The seeded shop: complete, true to every invariant, quiet, quick, and only where it may be."""

import time
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from kirana import check
from kirana.accounts.models import Account
from kirana.accounts.passwords import check_password, matches
from kirana.catalog.models import CatalogVersion, Category, Picture, Price, Product
from kirana.demo import seeding
from kirana.demo.catalogue import load_catalogue
from kirana.demo.founding import Files
from kirana.demo.people import CUSTOMER_EMAIL, PASSWORD
from kirana.orders.models import Order, OrderGroup, OrderLine
from kirana.orders.states import ORDER_MOVES
from kirana.platform import clock
from kirana.platform.config import Settings
from kirana.platform.db import reading, transaction
from kirana.platform.outbox import Outbox
from kirana.platform.storage import media
from kirana.platform.tables import Model
from kirana.stock.bands import band_of
from kirana.stock.models import Lot, LotMovement, StockLevel, StockMovement
from kirana.stores.models import Membership, Store
from tests.machinery.databases import Database

# Of our own work, of the thirty that it may take: neighbours on the machine do not count.
MOST_SECONDS = 15
NOW = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)
FILES = Files(defaultdict(str), {})


@pytest.fixture
def shop_settings(settings: Settings, tmp_path: Path) -> Settings:
    return replace(settings, env="development", home=tmp_path)


def count(table: type[Model], *conditions: Any) -> int:
    with reading() as connection:
        found: int = connection.execute(
            select(func.count()).select_from(table).where(*conditions)
        ).scalar_one()
        return found


def values(statement: Any) -> list[Any]:
    with reading() as connection:
        return list(connection.execute(statement).scalars())


def test_the_seeded_shop(database: Database, shop_settings: Settings) -> None:
    said: list[str] = []
    begun = time.process_time()
    seeding.seed(1, said.append, shop_settings)
    assert time.process_time() - begun < MOST_SECONDS
    assert said

    assert count(Store) == 2
    assert count(Account, Account.role == "manager") == 3
    places = values(select(Membership.account_id))
    assert sorted(places.count(each) for each in set(places)) == [1, 1, 2]
    assert count(Account, Account.role == "admin") == 1
    assert count(Account, Account.role == "customer") == 60
    assert count(Order) == 4000
    assert 3600 < count(OrderGroup) < 4000
    assert count(Product, Product.status == "published") >= 300
    assert check.run() == []
    _is_quiet_and_in_the_past()
    _pictures_are_there(shop_settings)
    _shelves_differ()
    _prices_were_true()
    _goods_were_in_date()
    _the_logins_work()
    _later_rows_go_on(database)
    with pytest.raises(seeding.DemoRefused, match="not empty"):
        seeding.seed(1, settings=shop_settings)


def _is_quiet_and_in_the_past() -> None:
    assert values(select(Outbox.state).distinct()) == ["sent"]
    now = time.time()
    for moment in values(select(func.max(Order.updated_at))) + values(select(StockMovement.at)):
        assert moment.timestamp() <= now
    assert set(values(select(Order.status).distinct())) <= set(ORDER_MOVES)
    first, last = values(select(func.min(Order.placed_at))) + values(
        select(func.max(Order.placed_at))
    )
    assert 117 <= (last - first).days <= 120


def _pictures_are_there(settings: Settings) -> None:
    files = values(select(Picture.file)) + values(
        select(Category.picture).where(Category.picture != "")
    )
    assert len(files) == len(set(files)) == count(Product) + 10
    assert all(media(settings).path(file).stat().st_size > 1000 for file in files)


def _shelves_differ() -> None:
    with reading() as connection:
        rows = connection.execute(
            select(StockLevel.on_hand, StockLevel.low_at, Product.minimum).join(
                Product, Product.id == StockLevel.product_id
            )
        ).all()
    bands = [band_of(row.on_hand, row.minimum, row.low_at) for row in rows]
    assert bands.count("none") >= 4
    assert bands.count("few") >= 8
    assert bands.count("in") > 0.8 * len(rows)


def _goods_were_in_date() -> None:
    """Nothing was sold past its date; two shelves have a little left that is out of date today."""
    late = (
        select(func.count())
        .select_from(LotMovement)
        .join(StockMovement, StockMovement.id == LotMovement.movement_id)
        .join(Lot, Lot.id == LotMovement.lot_id)
    )
    assert values(late.where(StockMovement.kind == "sold"))[0] > 1000
    assert values(late.where(StockMovement.kind == "sold", StockMovement.at >= Lot.sold_until)) == [
        0
    ]
    over = select(Lot.on_hand).where(Lot.on_hand > 0, Lot.sold_until <= clock.utc_now())
    assert 1 <= len(values(over)) <= 6
    assert max(values(over)) <= 3


def _prices_were_true() -> None:
    """Each line has the price that was valid when it was ordered; some have an older one."""
    with reading() as connection:
        rows = connection.execute(
            select(OrderLine.price_minor, Price.amount_minor, Product.price_minor)
            .join(Order, Order.id == OrderLine.order_id)
            .join(Product, Product.id == OrderLine.product_id)
            .join(
                Price,
                (Price.product_id == Product.id)
                & (Price.valid_from <= Order.placed_at)
                & (Price.valid_until.is_(None) | (Price.valid_until > Order.placed_at)),
            )
        ).all()
    assert len(rows) == count(OrderLine)
    assert all(paid == valid for paid, valid, _ in rows)
    assert any(paid > today for paid, _, today in rows)
    assert count(Product, Product.was_minor > Product.price_minor) == 22


def _the_logins_work() -> None:
    check_password(PASSWORD, "/password", CUSTOMER_EMAIL)
    for line in seeding.logins():
        email = next(word for word in line.split() if "@" in word)
        [stored] = values(select(Account.password_hash).where(Account.email == email))
        assert PASSWORD in line
        assert matches(stored, PASSWORD)
    bought = count(
        Order, Order.account_id.in_(select(Account.id).where(Account.email == CUSTOMER_EMAIL))
    )
    assert bought >= 15
    assert values(select(CatalogVersion.version)) == [2]


def _later_rows_go_on(database: Database) -> None:
    """Keys that the database gives follow ours."""
    with transaction() as connection:
        key = connection.execute(
            insert(Account).values(
                email="next@example.test", name="N", password_hash="-", role="customer",
                status="active",
            )
        ).inserted_primary_key  # fmt: skip
    assert key is not None
    assert key[0] == 65


@pytest.mark.parametrize("env", ["test", "production"])
def test_only_in_development(
    database: Database, shop_settings: Settings, env: Any, tmp_path: Path
) -> None:
    with pytest.raises(seeding.DemoRefused, match="development"):
        seeding.seed(1, settings=replace(shop_settings, env=env))
    assert count(Account) == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.on_database("sqlite")
def test_a_failure_leaves_nothing_behind(
    database: Database, shop_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(seeding, "raise_version", fail)
    with pytest.raises(OSError, match="disk"):
        seeding.seed(1, settings=shop_settings)
    assert count(Account) == count(Order) == 0
    assert list((shop_settings.home / "media").iterdir()) == []


def test_the_same_number_gives_the_same_books() -> None:
    books = []
    for number in (3, 3, 4):
        with clock.frozen(NOW):
            rows = seeding.write_books(number, load_catalogue(number), FILES, "INR")
        books.append([(r["number"], r["status"], r["total_minor"]) for r in rows.of(Order)])
    assert len(books[0]) == 4000
    assert books[0] == books[1] != books[2]
