"""PostgreSQL hangs up: between requests, within a checkout, around its COMMIT, and altogether."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy.exc import OperationalError

from kirana import check
from kirana.cart.queries import basket_view
from kirana.cart.services import change_line, set_line
from kirana.orders.models import Order
from kirana.platform import db
from kirana.platform.config import Settings
from kirana.platform.cookies import ACCESS_COOKIE
from kirana.platform.errors import OutcomeUnknown
from kirana.platform.lending import Lender
from kirana.platform.probes import clear_probes, set_probe
from tests.cart.goods import make_person, make_product, make_store, stock_of
from tests.checkout.buying import count
from tests.checkout.calling import bearer_of, order_body
from tests.machinery import memory
from tests.machinery.databases import CLEANER, Database
from tests.machinery.postgres import Cluster
from tests.survival.line import Cut, Line

pytestmark = pytest.mark.on_database("postgresql")
UNITS, PRICE = 10, 5000


class Customer:
    """Somebody with one thing in the basket, at the public API of ``app``."""

    def __init__(self, app: Any) -> None:
        make_person("admin")
        self.slug = make_product(make_store(), UNITS)
        self.actor = make_person()
        self.token = bearer_of(self.actor)
        self.client = app.test_client()
        set_line(self.actor, self.slug, 1)

    def order(self, key: str = "k-1") -> Any:
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": key}
        return self.client.post("/api/v1/orders", json=order_body(PRICE), headers=headers)

    def read(self) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.client.get("/api/v1/orders", headers=headers)

    def assert_one_order(self) -> None:
        assert (count(Order), stock_of(self.slug)) == (1, UNITS - 1)
        assert check.run() == []


@pytest.fixture
def customer(app: Any) -> Customer:
    return Customer(app)


def cut_all_lines(cluster: Cluster, database: Database) -> int:
    """As an administrator or a restart would: every connection of the shop ends."""
    name = urlsplit(database.url).path.lstrip("/")
    with cluster.connect() as connection:
        cut = connection.execute(
            "SELECT count(pg_terminate_backend(pid, 1000)) FROM pg_stat_activity"
            " WHERE datname = %s AND application_name <> %s",
            [name, CLEANER],
        ).fetchone()
    assert cut is not None
    return int(cut[0])


@pytest.mark.parametrize("is_told", [True, False])
def test_where_one_connection_is_found_lost_the_others_are_not_tried(
    cluster: Cluster, database: Database, monkeypatch: pytest.MonkeyPatch, is_told: bool
) -> None:
    class _Untold(Lender):
        """The mutant: the age does not rise."""

        def __setattr__(self, name: str, value: object) -> None:
            object.__setattr__(self, name, 0 if name == "_age" else value)

    def read() -> object:
        try:
            with db.reading() as connection:  # which nobody tries again
                return connection.exec_driver_sql("SELECT 1").scalar_one()
        except OperationalError as error:
            return error

    if not is_told:
        monkeypatch.setattr(db._open().lender, "__class__", _Untold)
    with db.reading() as one, db.reading() as other:
        assert [each.exec_driver_sql("SELECT 1").scalar_one() for each in (one, other)] == [1, 1]
    assert cut_all_lines(cluster, database) >= 2
    assert isinstance(read(), OperationalError)
    assert (read() == 1) is is_told


def test_connections_that_ended_while_idle_are_not_noticed(
    customer: Customer, cluster: Cluster, database: Database
) -> None:
    for _ in range(3):
        assert cut_all_lines(cluster, database) > 0
        assert customer.read().status_code == 200
    assert cut_all_lines(cluster, database) > 0
    assert customer.order().status_code == 201
    customer.assert_one_order()


@pytest.mark.parametrize("place", ["checkout.begun", "stock.before_take"])
def test_a_checkout_that_is_cut_off_is_done_again(
    customer: Customer, cluster: Cluster, database: Database, place: str
) -> None:
    cuts: list[int] = []

    def cut_once() -> None:
        if not cuts:
            cuts.append(cut_all_lines(cluster, database))

    set_probe(place, cut_once)
    try:
        assert customer.order().status_code == 201
    finally:
        clear_probes()
    assert cuts[0] > 0
    customer.assert_one_order()


# ---- the answer to COMMIT


@pytest.fixture
def line(database: Database, settings: Settings, cluster: Cluster) -> Iterator[Line]:
    """The shop's database by a line that the test can cut."""
    line = Line(cluster.folder)
    memory.connect_slices(replace(settings, database_url=line.url(database.url)))
    yield line
    db.dispose()
    line.close()


@pytest.fixture
def far_customer(line: Line, settings: Settings, database: Database, home: Path) -> Customer:
    """Of a shop whose database is at the end of the line."""
    url = line.url(database.url)
    return Customer(memory.make_app(replace(settings, database_url=url), home))


@pytest.mark.parametrize("when", ["before", "after"])
def test_with_a_key_a_lost_answer_is_asked_for_again(
    line: Line, far_customer: Customer, when: Cut
) -> None:
    line.cut_next(when)
    answer = far_customer.order()
    assert (answer.status_code, line.is_whole) == (201, True)
    assert ("Idempotent-Replayed" in answer.headers) == (when == "after")
    far_customer.assert_one_order()


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_customer_who_is_told_nothing_asks_again(
    line: Line, far_customer: Customer, when: Cut
) -> None:
    """The second answer is lost too: nobody knows, the customer is told so, and has one order."""
    line.cut_next(when, when)
    lost = far_customer.order()
    assert (lost.status_code, lost.json["code"], line.is_whole) == (503, "outcome_unknown", True)
    assert int(lost.headers["Retry-After"]) > 0
    is_done = when == "after"
    assert count(Order) == int(is_done)
    again = far_customer.order()
    assert again.status_code == 201
    assert ("Idempotent-Replayed" in again.headers) == is_done
    far_customer.assert_one_order()
    assert far_customer.order().data == again.data


def test_what_may_be_done_already_is_not_done_again(line: Line) -> None:
    """A verb without a key, which nothing would keep from counting twice."""
    slug, buyer = make_product(make_store(), UNITS), make_person()
    line.cut_next("after")
    with pytest.raises(OutcomeUnknown):
        change_line(buyer, slug, 1)
    assert line.is_whole
    assert [each.quantity for each in basket_view(buyer).lines] == [1]


# ---- nobody there


def test_without_a_database_everything_says_try_again(
    customer: Customer, settings: Settings
) -> None:
    customer.client.set_cookie(ACCESS_COOKIE, customer.token)
    db.dispose()
    db.configure(replace(settings, database_url="postgresql+psycopg://postgres@127.0.0.1:9/none"))
    for path in ("/", "/basket", "/checkout", "/api/v1/products", "/api/v1/orders"):
        reply = customer.client.get(path)
        assert reply.status_code == 503, path
        assert int(reply.headers["Retry-After"]) > 0
    db.configure(settings)
    assert customer.order().status_code == 201
    customer.assert_one_order()
