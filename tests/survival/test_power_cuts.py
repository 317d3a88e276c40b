"""The power goes at a random moment: what was promised is in the database, and it is whole.

A recorder between the store and the kernel notes every write and fsync; the disk is then put
together as it may be found afterwards (disk.py), and the store opens it.
"""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DatabaseError

from kirana import check
from kirana.accounts.permissions import rights_of
from kirana.cart.errors import BasketEmpty
from kirana.orders.models import Order
from kirana.platform import db, engines
from kirana.platform.access import Actor
from kirana.platform.config import Settings
from kirana.platform.db import query
from tests.checkout.buying import count, rows
from tests.conftest import need
from tests.machinery import compiler, memory
from tests.machinery.databases import SECRET, SqliteSource, fast_folder
from tests.machinery.processes import drop_folder
from tests.races.threads import REPEATS
from tests.survival.disk import Files
from tests.survival.recorded import PROMISES, Promise, place
from tests.survival.recording import DATABASE, Recording, record

INSTANTS = 10 * REPEATS
# What a recording must hold to be one, by journal: a fsync of each file and of the folder, a file
# that went. Where SQLite is too old for WAL the shop runs on the other one, proved at length only.
SEEN = {
    "WAL": {("s", ""), ("s", "-wal"), ("s", "."), ("u", "-wal"), ("w", "")},
    "TRUNCATE": {("s", ""), ("s", "-journal"), ("s", "."), ("u", "-journal"), ("t", "-journal")},
}
JOURNALS = list(SEEN) if REPEATS > 1 else ["WAL"]
RECORDER = Path(__file__).with_name("recorder.c")
LOST, BROKEN, TWICE = "a promise is lost", "the database is broken", "more than was asked for"


@pytest.fixture(scope="module")
def recorder() -> Iterator[Path]:
    folder = fast_folder("recorder")
    found = need("C compiler", compiler.find_compiler())
    yield compiler.build_library(found, RECORDER, folder / "recorder.so")
    drop_folder(folder)


@pytest.fixture(scope="module", params=JOURNALS)
def journal(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def recording(recorder: Path, sqlite_source: SqliteSource, journal: str) -> Iterator[Recording]:
    usual = engines.sqlite_journal() == journal
    made = record(recorder, sqlite_source, *([] if usual else [f"journal_mode={journal}"]))
    yield made
    drop_folder(made.folder)


@pytest.fixture
def folder(home: Path) -> Iterator[Path]:
    """Where a disk is put together and opened."""
    folder = fast_folder("after-the-cut")
    yield folder
    db.dispose()
    drop_folder(folder)


# ---- what is found after a cut


def faults_after(recording: Recording, cut: int, chance: random.Random, folder: Path) -> list[str]:
    """What is wrong with the shop that is opened after the cut; empty when all is well."""
    promised = recording.promised_by(cut)
    _put(folder, recording.disk_at(cut).cut(chance))
    try:
        found = _broken() or _lost(promised)
        return found or _twice(promised)
    except DatabaseError as error:
        return [f"{BROKEN}: {error}"]


def _put(folder: Path, files: Files) -> None:
    db.dispose()
    for old in folder.glob(f"{DATABASE}*"):
        old.unlink()
    for name, data in files.items():
        if name != PROMISES:
            (folder / f"{DATABASE}{name}").write_bytes(data)
    url = f"sqlite:///{folder / DATABASE}"
    memory.connect_slices(Settings(env="test", home=folder, secret=SECRET, database_url=url))


def _broken() -> list[str]:
    findings = [finding.rule for finding in check.run()]
    said = _integrity()
    return [f"{BROKEN}: {what}" for what in (*findings, *(said if said != ["ok"] else ()))]


@query
def _integrity(connection: Connection) -> list[str]:
    return list(connection.execute(text("PRAGMA integrity_check")).scalars())


def _lost(promised: list[Promise]) -> list[str]:
    there = {row.number: row.status for row in rows(Order)}
    cancelled = {promise.number for promise in promised if promise.is_cancelled}
    wanted = {promise.number for promise in promised}
    lost = [number for number in wanted if number not in there]
    lost += [number for number in cancelled if there.get(number, "") != "cancelled"]
    # At most the order that was under way may be there beside them.
    more = len(there.keys() - wanted)
    return [f"{LOST}: {number}" for number in lost] + ([TWICE] if more > 1 else [])


def _twice(promised: list[Promise]) -> list[str]:
    """Each customer sends the order of the last answer again: the old answer, no second order."""
    before = count(Order)
    found = []
    for promise in promised[-3:]:
        rights = rights_of("customer", "active", {}).permissions
        buyer = Actor(account_id=promise.buyer, status="active", permissions=rights)
        try:
            again = place(buyer, promise.key)
        except BasketEmpty:
            found.append(f"{LOST}: the answer under {promise.key}")
        else:
            is_same = again.replayed and again.body.decode() == promise.number
            found += [] if is_same else [f"{TWICE}: {promise.key}"]
    return found + ([TWICE] if count(Order) != before else [])


# ---- the proof


def test_the_recording_explains_the_files(recording: Recording, journal: str) -> None:
    """Nothing went past the recorder."""
    assert recording.disk_at(len(recording.events)).seen() == recording.found()
    assert SEEN[journal] <= {(event.kind, event.name) for event in recording.events}


@pytest.mark.timeout(180 * REPEATS)
def test_no_promise_is_lost(recording: Recording, folder: Path) -> None:
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    for _ in range(INSTANTS):
        cut = chance.randint(recording.opening, len(recording.events))
        found = faults_after(recording, cut, chance, folder)
        assert found == [], f"seed {seed}, event {cut}"


def test_mutant_that_does_not_wait_for_the_disk(
    recorder: Path, sqlite_source: SqliteSource, folder: Path
) -> None:
    """What SQLite promises for NORMAL is what is found: whole, but without the last orders."""
    made = record(recorder, sqlite_source, "synchronous=NORMAL")
    chance = random.Random(1)
    cuts = [chance.randint(made.opening, len(made.events)) for _ in range(8)]
    found = [fault for cut in cuts for fault in faults_after(made, cut, chance, folder)]
    drop_folder(made.folder)
    assert {fault.partition(":")[0] for fault in found} == {LOST}
