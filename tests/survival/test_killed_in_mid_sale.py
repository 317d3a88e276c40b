"""kill -9 of web and PostgreSQL while customers order: nothing told is lost, nothing doubled."""

import os
import random
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kirana import check
from kirana.cart.services import set_line
from kirana.orders.models import Order
from kirana.platform import db
from kirana.platform.access import Actor
from kirana.platform.config import Settings
from kirana.platform.probes import set_probe
from tests.cart.goods import make_person, make_product, make_store, stock_of
from tests.checkout.buying import count, rows
from tests.conftest import need
from tests.machinery import postgres
from tests.machinery.databases import SqliteSource, fast_folder, migrate
from tests.machinery.postgres import Cluster
from tests.machinery.processes import descendants, drop_folder
from tests.machinery.shop import Shop, status_of
from tests.machinery.valkey import find_program
from tests.races.threads import REPEATS
from tests.survival.recorded import place as place_order
from tests.survival.storm import CUT_OFF, UNITS, Storm

# At any other moment of a checkout in the next kill.
ORDERS_BETWEEN = 12


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def order_and_die(buyer: Actor, key: str, place: str) -> None:
    """Another process places the order and is killed at ``place``, or once it is committed."""
    db.dispose()  # no connection crosses a fork
    child = os.fork()
    if child == 0:
        set_probe(place, die)
        place_order(buyer, key)
        die()
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL


@pytest.mark.parametrize("place", ["checkout.begun", "stock.before_take", "committed"])
@pytest.mark.usefixtures("database")
def test_a_process_killed_within_the_checkout(place: str) -> None:
    """The customer, who heard nothing, asks again: one order, whether or not it was there."""
    make_person("admin")
    slug, buyer = make_product(make_store(), 10), make_person()
    set_line(buyer, slug, 2)
    order_and_die(buyer, "k-1", place)
    was_done = place == "committed"
    assert (count(Order), stock_of(slug)) == ((1, 8) if was_done else (0, 10))
    assert check.run() == []
    answers = [place_order(buyer, "k-1") for _ in range(2)]
    assert [answer.replayed for answer in answers] == [was_done, True]
    assert answers[0].body == answers[1].body
    assert (count(Order), stock_of(slug)) == (1, 8)
    assert check.run() == []


# ---- a storm over HTTP


@pytest.fixture
def own_cluster(database_kind: str) -> Iterator[Cluster | None]:
    """A PostgreSQL that may be killed, with fsync on."""
    if database_kind == "sqlite":
        yield None
        return
    cluster = postgres.start_cluster(need("PostgreSQL", postgres.find_programs()), durable=True)
    yield cluster
    cluster.stop()


@pytest.fixture
def counter(
    own_cluster: Cluster | None, sqlite_source: SqliteSource, settings: Settings, home: Path
) -> Iterator[Shop]:
    """Web and Valkey on a database of their own, which this process reads too."""
    folder = fast_folder("killed")
    if own_cluster:
        url = own_cluster.create("shop")
        migrate(url, home)
    else:
        url = sqlite_source.fresh(folder / "kirana.sqlite3")
    with Shop(url, need("Valkey", find_program())).counter() as shop:
        db.configure(replace(settings, database_url=url))
        yield shop
        db.dispose()
    drop_folder(folder)


def kill_a_worker(shop: Shop) -> None:
    """One of the web's processes; the server itself makes another."""
    below = descendants(shop.processes["web"].pid)
    os.kill(random.choice(sorted(below)), signal.SIGKILL)


def kill_the_web(shop: Shop) -> None:
    """All of the web at once, as the kernel might; whoever supervises it starts it again."""
    shop.processes["web"].signal_group(signal.SIGKILL)
    shop.processes["web"].stop()
    assert status_of(shop.web_port, "/healthz") == 0
    shop.start("web")


def kill_postgres(cluster: Cluster) -> None:
    """The postmaster and every process of it, then a start, which replays the log."""
    process = cluster.process
    assert process is not None
    for pid in (process.pid, *descendants(process.pid)):
        os.kill(pid, signal.SIGKILL)
    process.stop()
    process.start()


@pytest.mark.timeout(180 * REPEATS)
def test_everything_told_is_there_once(counter: Shop, own_cluster: Cluster | None) -> None:
    with Storm(counter.web_port) as storm:
        for _ in range(REPEATS):
            if own_cluster is not None:
                storm.wait_for_orders(ORDERS_BETWEEN)
                web = descendants(counter.processes["web"].pid)
                kill_postgres(own_cluster)
                storm.wait_for_orders(ORDERS_BETWEEN)
                assert descendants(counter.processes["web"].pid) == web, "the web began anew"
            for kill in (kill_a_worker, kill_the_web):
                storm.wait_for_orders(ORDERS_BETWEEN)
                kill(counter)
        storm.wait_for_orders(ORDERS_BETWEEN)
    assert set(storm.statuses) <= {200, 201, 503, CUT_OFF}, counter.logs()
    assert storm.statuses[CUT_OFF] > 0
    assert sorted(storm.told.values()) == sorted(row.number for row in rows(Order))
    assert sum(map(stock_of, storm.goods)) == len(storm.goods) * UNITS - len(storm.told)
    assert check.run() == []
