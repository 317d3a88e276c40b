"""No index, rubbish for one, an old one, a killed writer: searches answer, and it comes back."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kirana.catalog.inputs import ProductChanges
from kirana.catalog.services.products import edit_product
from kirana.platform.config import Settings
from kirana.search import reading, writing
from kirana.search.finding import count_products
from kirana.search.folder import STATE, Folder
from kirana.search.shapes import ProductQuery
from kirana.search.writing import Writer
from tests.catalog.market import Market
from tests.machinery.processes import wait_until
from tests.races.threads import REPEATS
from tests.search.indexing import Index, indexed, titles

KILLS = 4 if REPEATS == 1 else 12 * REPEATS


def _delete_all(index: Index) -> None:
    shutil.rmtree(index.folder.path)
    index.folder.path.mkdir()


def _delete_generation(index: Index) -> None:
    shutil.rmtree(index.folder.place(index.state.generation))


def _rubbish(name: str) -> Callable[[Index], None]:
    def spoil(index: Index) -> None:
        chance = random.Random(name)
        place = index.folder.place(index.state.generation)
        spoilt = 0
        for path in sorted(place.iterdir()):
            if path.name.endswith(name) or name == "everything":
                path.unlink()  # a new file: whoever still reads the old one keeps it
                path.write_bytes(chance.randbytes(500))
                spoilt += 1
        assert spoilt

    return spoil


def _old_schema(index: Index) -> None:
    index.folder.put(msgspec.structs.replace(index.state, schema=0))


def _bad_state(index: Index) -> None:
    (index.folder.path / STATE).write_bytes(b"{\xff")


def _another_database(index: Index) -> None:
    index.folder.put(msgspec.structs.replace(index.state, database="elsewhere"))


BREAKING = {
    "nothing there": _delete_all,
    "no generation": _delete_generation,
    "rubbish everywhere": _rubbish("everything"),
    "rubbish for meta": _rubbish("meta.json"),
    "rubbish for terms": _rubbish(".term"),
    "rubbish for postings": _rubbish(".idx"),
    "rubbish for values": _rubbish(".fast"),
    "rubbish for texts": _rubbish(".store"),
    "old schema": _old_schema,
    "bad state": _bad_state,
    "another database": _another_database,
}


@pytest.mark.parametrize("way", BREAKING)
def test_searches_answer_and_the_index_is_built_anew(
    market: Market, index: Index, settings: Settings, client: Any, way: str
) -> None:
    market.sell("Oat milk")
    index.step()
    assert indexed("mlik") == ["Oat milk"]
    BREAKING[way](index)
    # As another process that has opened nothing yet, and as the one that has.
    for used in (reading.Reader(index.folder), reading.reader()):
        reading._Used.reader = used
        used.look_again()
        for path in ("/api/v1/products?q=oat", "/search?q=oat", "/api/v1/search/facets?q=oat"):
            assert client.get(path).status_code == 200, path
        assert titles("oat") == ["Oat milk"]
    assert index.step()
    reading.reader().look_again()
    assert indexed("mlik") == ["Oat milk"]
    assert not index.folder.is_broken
    assert not index.step()


_WRITER = """
import json, sys
from pathlib import Path
from kirana.platform import db
from kirana.platform.config import Settings
from kirana.search.finding import count_products
from kirana.search.folder import Folder
from kirana.search import writing
from kirana.search.shapes import ProductQuery
from kirana.search.writing import Writer
from kirana.wiring import wire
given = json.loads(sys.stdin.readline())
settings = Settings(home=Path(given["home"]), **given["settings"])
wire(settings)
folder = Folder(Path(given["folder"]))
while not folder.lock():
    pass
writer = Writer(folder, settings.database)
print("ready", flush=True)
number = 0
while True:
    number += 1
    state = folder.state()
    if state is None or number % 4 == 0:
        writer.rebuild()
    else:
        # As if nothing had been seen: every change is written once more, and committed.
        import msgspec
        folder.put(msgspec.structs.replace(state, version=state.mark[1] * 0 + 1))
        writer.step()
"""
_FIELDS = ("env", "secret", "database_url", "redis_url", "smtp_url")


def _start_writer(settings: Settings, folder: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", _WRITER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    values = asdict(settings)
    given = {
        "home": str(settings.home), "folder": str(folder),
        "settings": {name: values[name] for name in _FIELDS},
    }  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(msgspec.json.encode(given).decode() + "\n")
    process.stdin.flush()
    assert process.stdout.readline() == "ready\n"
    return process


def test_a_writer_killed_at_any_moment_leaves_an_index_to_read(
    market: Market, settings: Settings, tmp_path: Path
) -> None:
    """SIGKILL in the middle of commits and rebuilds; the next holder of the lock goes on."""
    slugs = [market.sell(f"Tea {number}") for number in range(40)]
    path = tmp_path / "search"
    Folder(path).path.mkdir()
    reading.use(path)
    chance = random.Random(7)
    for round_ in range(KILLS):
        process = _start_writer(settings, path)
        time.sleep(chance.uniform(0.02, 0.4))
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        for stream in (process.stdin, process.stdout):
            assert stream is not None
            stream.close()
        if Folder(path).state() is not None:
            assert reading.Reader(Folder(path)).look_again() is not None, "it can be read as it is"
            reading.reader().look_again()
            assert len(indexed("tea")) == len(slugs)
        folder = Folder(path)
        assert folder.lock(), "the lock went with the process"
        edit_product(
            market.manager, slugs[round_ % len(slugs)], ProductChanges(brand=f"Brand{round_}x")
        )
        Writer(folder, settings.database).step()
        folder.unlock()
        reading.reader().look_again()
        assert indexed(f"brand{round_}x") == [f"Tea {round_ % len(slugs)}"]
        assert len(indexed("tea")) == len(slugs)
    reading.use(settings.home / "search")


@pytest.mark.parametrize("is_guarded", [True, False])
def test_what_a_killed_writer_left_does_not_swallow_a_change(
    market: Market, index: Index, monkeypatch: pytest.MonkeyPatch, is_guarded: bool
) -> None:
    """Its notes of what is deleted, which do not count yet, under the name of the next ones.

    The mutant is the library's own ``with``: it says nothing, and the change is never found.
    """
    slug = market.sell("Oat milk")
    market.sell("Green tea")
    index.step()
    place = index.folder.place(index.state.generation)
    meta = msgspec.json.decode((place / "meta.json").read_bytes())
    for segment in meta["segments"]:
        for stamp in range(meta["opstamp"], meta["opstamp"] + 20):
            (place / f"{segment['segment_id'].replace('-', '')}.{stamp}.del").write_bytes(b"")
    if not is_guarded:
        monkeypatch.setattr(writing, "_writing", lambda index: index.writer(writing.HEAP_BYTES, 1))
    edit_product(market.manager, slug, ProductChanges(title="Barley milk"))
    index.step()
    assert indexed("barley") == (["Barley milk"] if is_guarded else [])
    assert indexed("tea") == ["Green tea"]
    assert not index.step()


def test_one_question_cannot_have_the_index_built_again_and_again(
    market: Market, index: Index
) -> None:
    market.sell("Oat milk")
    index.step()

    def impossible(snapshot: reading.Snapshot) -> None:
        raise ValueError("a question that the library cannot answer")

    assert reading.ask(impossible) is None
    assert index.folder.is_broken
    index.step()
    generation = index.state.generation
    for _ in range(5):
        assert reading.ask(impossible) is None
    assert not index.folder.is_broken
    assert not index.step()
    assert index.state.generation == generation
    assert indexed("mlik") == ["Oat milk"]


def test_a_full_disk_leaves_the_index_as_it_was(
    market: Market, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    slug = market.sell("Oat milk")
    index.step()
    edit_product(market.manager, slug, ProductChanges(title="Barley milk"))

    def full(*_: Any) -> None:
        raise OSError(28, os.strerror(28))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            index.step()
    assert index.state.documents == 1
    index.step()
    assert indexed("barley") == ["Barley milk"]


def test_a_build_that_fails_leaves_nothing(
    market: Market, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a full disk each further try took what was left."""
    market.sell("Oat milk")
    index.step()

    def full(*_: Any) -> None:
        raise OSError(28, os.strerror(28))

    before = sorted(index.folder.path.iterdir())
    monkeypatch.setattr(writing.queries, "rows_to_index", full)
    for _ in range(3):
        with pytest.raises(OSError, match="No space"):
            index.writer.rebuild()
    assert sorted(index.folder.path.iterdir()) == before
    assert indexed("oat") == ["Oat milk"]


def test_an_index_that_nobody_brings_up_to_date_is_left_aside(
    market: Market, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A writer that stands still, or a disk that is full, does not spoil the counts for ever."""
    slug = market.sell("Milk", brand="Amul")
    index.step()
    monkeypatch.setattr(reading, "STUCK_SECONDS", 0.4)
    assert reading.reader().look_again() is not None
    edit_product(market.manager, slug, ProductChanges(brand="Gowardhan"))
    assert count_products(ProductQuery(brand="Gowardhan")) == 0, "a second late at most, else"
    wait_until(lambda: count_products(ProductQuery(brand="Gowardhan")) == 1, 5, "the database")
    assert titles("gowardhan") == ["Milk"]
    assert reading.reader().snapshot() is None
    index.step()
    assert reading.reader().look_again() is not None
    assert indexed("gowardhan") == ["Milk"]
