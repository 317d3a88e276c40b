"""Real web servers on one host: one writes, all read within a second, and the next takes over."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kirana.catalog.inputs import ProductChanges
from kirana.catalog.services.products import edit_product, hide_product
from kirana.platform import db
from kirana.platform.config import Settings
from kirana.search.folder import LOCK, Folder
from kirana.wiring import wire
from tests.catalog.market import Market, open_market
from tests.conftest import need
from tests.journeys.api_client import Caller
from tests.machinery.databases import SECRET, SqliteSource
from tests.machinery.shop import Shop
from tests.machinery.valkey import find_program

pytestmark = pytest.mark.on_database("sqlite")
# A reader meets one of the two processes of a server by chance.
TRIES = 12


@pytest.fixture(scope="module")
def counter(
    sqlite_source: SqliteSource, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    """A shop of which only Valkey and the web server run, two processes of it."""
    folder: Path = tmp_path_factory.mktemp("search")
    shop = Shop(sqlite_source.fresh(folder / "kirana.sqlite3"), need("Valkey", find_program()))
    with shop.counter():
        yield shop


@pytest.fixture(scope="module")
def market(counter: Shop) -> Iterator[Market]:
    db.dispose()
    wire(
        Settings(
            env="test", home=counter.home, secret=SECRET, database_url=counter.database_url,
            redis_url=counter.valkey.url,
        )
    )  # fmt: skip
    yield open_market()
    db.dispose()


def found(url: str, words: str) -> list[str]:
    items = Caller(url).call("GET", f"/products?q={words}").json["items"]
    return [item["title"] for item in items]


def wait_until(holds: Callable[[], bool], seconds: float) -> float:
    begun = time.monotonic()
    while not holds():
        assert time.monotonic() - begun < seconds
        time.sleep(0.02)
    return time.monotonic() - begun


def holder(folder: Folder) -> int:
    """The process that has the lock, as the kernel tells."""
    inode = os.stat(folder.path / LOCK).st_ino
    for line in Path("/proc/locks").read_text().splitlines():
        fields = line.split()
        if "FLOCK" in fields and fields[-3].endswith(f":{inode}"):
            return int(fields[-4])
    return 0


def test_a_change_is_found_by_every_process_within_a_second(counter: Shop, market: Market) -> None:
    urls = [counter.url, counter.start_second_web()]
    slug = market.sell("Cardamom")
    for url in urls:
        # With a slip, so that no answer of the database alone counts.
        wait_until(lambda url=url: found(url, "cardmom") == ["Cardamom"], 15)
    for title, typo in (("Turmeric", "tumreric"), ("Fenugreek", "fenugrek")):
        edit_product(market.manager, slug, ProductChanges(title=title))
        committed = time.monotonic()
        for url in urls:
            wait_until(lambda url=url, typo=typo, t=title: found(url, typo) == [t], 5)
        took = time.monotonic() - committed
        print(f"followed after {took:.2f} s")  # noqa: T201
        assert took < 1
        time.sleep(max(0, 1 - took))
        for url in urls * TRIES:
            assert found(url, typo) == [title]
            assert found(url, "cardmom") == []
    hide_product(market.manager, slug)
    time.sleep(1)
    for url in urls * TRIES:
        assert found(url, "fenugrek") == []


def test_the_next_process_takes_over_from_a_killed_one(counter: Shop, market: Market) -> None:
    folder = Folder(counter.home / "search")
    market.sell("Coriander")
    wait_until(lambda: found(counter.url, "corinder") == ["Coriander"], 15)
    first = holder(folder)
    assert first
    os.kill(first, signal.SIGKILL)
    # What a dying process had accepted is cut off, until the last of its threads has ended.
    wait_until(lambda: not Path(f"/proc/{first}").exists(), 10)
    market.sell("Mustard")
    wait_until(lambda: found(counter.url, "mustrad") == ["Mustard"], 10)
    assert holder(folder) not in (0, first)
    for _ in range(TRIES):
        assert found(counter.url, "corinder") == ["Coriander"]


def test_the_command_tells_and_asks(counter: Shop, market: Market) -> None:
    wait_until(lambda: "It is up to date." in counter.cli("search", "status"), 10)
    folder = Folder(counter.home / "search")
    before = folder.state()
    assert before is not None
    assert "The running shop builds" in counter.cli("search", "rebuild")
    # The new index is in force a moment before the call for it is taken away.
    wait_until(lambda: folder.state() != before and not folder.is_broken, 10)
    after = folder.state()
    assert after is not None
    assert after.generation != before.generation
    assert f"{after.documents} products" in counter.cli("search", "status")
