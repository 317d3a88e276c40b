"""Verbs, queries and what happens after a commit, on both databases."""

import threading
import time

import pytest
from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from kirana.catalog.models import CatalogVersion, Category
from kirana.platform import db
from kirana.platform.config import Settings
from kirana.platform.db import query, verb
from kirana.platform.lending import Opened
from tests.machinery.databases import Database

pytestmark = pytest.mark.usefixtures("database")


@verb
def add(connection: Connection, slug: str) -> None:
    connection.execute(insert(Category).values(slug=slug, name=slug))


@query
def count(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(Category)).scalar_one()


def test_a_verb_commits_and_a_refusal_leaves_nothing() -> None:
    add("a")
    with pytest.raises(IntegrityError):
        add("a")
    assert count() == 1


def test_a_verb_joins_the_transaction_it_is_called_in() -> None:
    def add_and_fail() -> None:
        with db.transaction():
            add("a")
            assert count() == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        add_and_fail()
    assert count() == 0


def test_actions_run_after_the_commit_only() -> None:
    seen: list[int] = []
    with db.transaction():
        add("a")
        db.after_commit(lambda: seen.append(count()))
        assert seen == []
    assert seen == [1]

    def refused() -> None:
        with db.transaction():
            db.after_commit(lambda: seen.append(2))
            add("a")

    with pytest.raises(IntegrityError):
        refused()
    assert seen == [1]


def test_the_outside_world_is_not_called_inside_a_transaction() -> None:
    db.require_no_transaction()
    with db.transaction(), pytest.raises(RuntimeError):
        db.require_no_transaction()


def test_read_then_write_in_many_threads_loses_nothing() -> None:
    @verb
    def raise_version(connection: Connection) -> None:
        read = select(CatalogVersion.version)
        if connection.dialect.name == "postgresql":
            read = read.with_for_update()
        seen = connection.execute(read).scalar_one()
        connection.execute(update(CatalogVersion).values(version=seen + 1))

    def work() -> None:
        for _ in range(20):
            raise_version()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with db.reading() as connection:
        assert connection.execute(select(CatalogVersion.version)).scalar_one() == 161


@pytest.mark.on_database("postgresql")
def test_a_deadlock_is_tried_again() -> None:
    add("a")
    add("b")
    both_hold_one = threading.Barrier(2, timeout=10)
    tries: list[str] = []

    @verb
    def rename(connection: Connection, first: str, second: str) -> None:
        tries.append(first)
        connection.execute(update(Category).where(Category.slug == first).values(name="x"))
        if len(tries) <= 2:
            both_hold_one.wait()
        connection.execute(update(Category).where(Category.slug == second).values(name="x"))

    threads = [threading.Thread(target=rename, args=pair) for pair in (("a", "b"), ("b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(tries) == 3
    with db.reading() as connection:
        assert set(connection.execute(select(Category.name)).scalars()) == {"x"}


def test_other_errors_are_not_tried_again(database: Database) -> None:
    tries = []

    @verb
    def wrong(connection: Connection) -> None:
        tries.append(1)
        connection.exec_driver_sql("SELECT nothing FROM nowhere")

    with pytest.raises(DBAPIError):
        wrong()
    assert len(tries) == 1


def driver(connection: Connection) -> object:
    return connection.connection.dbapi_connection


def test_who_reads_has_the_connection_that_was_used_last(database: Database) -> None:
    with db.reading() as first:
        last = driver(first)
        with db.reading() as inner:
            assert driver(inner) is not last, "it is lent already"
        with db.transaction() as writer:
            assert driver(writer) is not last
    with db.transaction() as writer:
        assert (driver(writer) is last) == (database.kind == "sqlite")
    others: list[object] = []

    def read() -> None:
        with db.reading() as connection:
            others.append(driver(connection))

    read()
    thread = threading.Thread(target=read)
    thread.start()
    thread.join()
    assert others == [last, last]


def test_after_an_error_nobody_keeps_the_connection() -> None:
    def fail() -> None:
        with db.reading() as connection:
            lent.append(connection)
            connection.exec_driver_sql("SELECT nothing FROM nowhere")

    lent: list[Connection] = []
    with pytest.raises(DBAPIError):
        fail()
    assert lent[0].closed
    assert count() == 0


def test_threads_that_come_and_go_keep_nothing() -> None:
    def read() -> None:
        assert count() == 0

    db.engine().pool._timeout = 1  # type: ignore[attr-defined]
    for _ in range(30):  # more than the pool has
        thread = threading.Thread(target=read)
        thread.start()
        thread.join()
    pool = db.engine().pool
    count()
    assert pool.checkedout() == 1, "the one at hand"  # type: ignore[attr-defined]
    db.dispose()
    assert pool.checkedout() == 0  # type: ignore[attr-defined]


@pytest.mark.on_database("postgresql")
@pytest.mark.parametrize("is_bounded", [True, False])
def test_what_is_at_hand_for_reads_leaves_room_for_a_writer(
    monkeypatch: pytest.MonkeyPatch, is_bounded: bool
) -> None:
    pool = db.engine().pool
    most = pool.size() + pool._max_overflow  # type: ignore[attr-defined]
    monkeypatch.setattr(pool, "_timeout", 0.5)
    if not is_bounded:
        monkeypatch.setattr(db._open().lender, "_most", 99)
    db._open().lender.close()
    met = threading.Barrier(most, timeout=30)

    def read() -> None:
        with db.reading():
            met.wait()

    threads = [threading.Thread(target=read) for _ in range(most)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found: list[object] = []
    try:
        with db.transaction():
            found.append("written")
    except PoolTimeout as error:
        found.append(error)
    assert (found == ["written"]) is is_bounded


@pytest.mark.on_database("postgresql")
def test_sessions_plan_as_the_engine_says() -> None:
    """Reads and writes alike; what each is for stands beside it in ``engines.py``."""
    wanted = {"enable_mergejoin": "off", "join_collapse_limit": "4", "statement_timeout": "30s"}
    for lend in (db.reading, db.transaction):
        with lend() as connection:
            for name, value in wanted.items():
                assert connection.exec_driver_sql(f"SHOW {name}").scalar_one() == value


class _Unlocked:
    """The mutant: nobody waits for who opens the database."""

    def __enter__(self) -> None: ...

    def __exit__(self, *_error: object) -> None: ...


@pytest.mark.parametrize("is_locked", [True, False])
def test_threads_that_come_first_at_once_open_one_database(
    monkeypatch: pytest.MonkeyPatch, is_locked: bool
) -> None:
    db.dispose()
    open_database = db.open_database
    if not is_locked:
        monkeypatch.setattr(db, "_opening", _Unlocked())

    def slowly(settings: Settings | None) -> Opened:
        time.sleep(0.05)
        made.append(open_database(settings))
        return made[-1]

    monkeypatch.setattr(db, "open_database", slowly)
    met, found, made = threading.Barrier(8, timeout=30), list[object](), list[Opened]()

    def work() -> None:
        met.wait()
        count()
        found.append(db.engine())

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8, "each was answered"
    assert (len({id(opened) for opened in made}) == 1) == is_locked
