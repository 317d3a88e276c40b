"""A transaction has one moment: no midnight falls between two of its statements."""

import itertools
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection

from kirana.platform import clock, db

pytestmark = pytest.mark.usefixtures("database")
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


@db.verb
def _twice(connection: Connection) -> tuple[datetime, datetime]:
    return clock.now(connection), _again()


@db.verb
def _again(connection: Connection) -> datetime:
    return clock.now(connection)


def test_every_look_at_the_clock_sees_one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = itertools.count()
    monkeypatch.setattr(clock, "utc_now", lambda: NOON + timedelta(hours=next(ticks)))
    (first, again), (second, _) = _twice(), _twice()
    assert first == again
    assert second > first, "the next transaction has its own"


def test_a_moment_that_was_told_is_kept() -> None:
    with db.transaction() as connection:
        connection.exec_driver_sql("SELECT 1")
        clock.told(connection, NOON)
        assert clock.now(connection) == NOON
    assert _again() > NOON


def test_a_clock_that_is_stopped_amid_a_transaction_stands_still_there_too() -> None:
    with db.transaction() as connection:
        before = clock.now(connection)
        with clock.frozen(NOON):
            assert clock.now(connection) == NOON
        assert clock.now(connection) == before


@db.query
def _asked(connection: Connection) -> datetime:
    return clock.now(connection)


def test_each_query_has_a_moment_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = _asked(), _asked()
    assert first < second
    if db.engine().dialect.name == "sqlite":
        return  # the host's clock is asked without a statement, and no transaction remembers it
    monkeypatch.setattr(clock, "forget", lambda _connection: None)
    third, fourth = _asked(), _asked()
    assert third == fourth, "the connection is the thread's, and remembers"


@db.query
def _asked_in_vain(connection: Connection) -> None:
    clock.now(connection)
    raise LookupError


def test_a_query_that_failed_leaves_no_moment_behind() -> None:
    """Its connection goes back to the pool, and the next query has it from there."""
    with pytest.raises(LookupError):
        _asked_in_vain()
    between = clock.utc_now()
    time.sleep(0.02)
    assert _asked() > between


@pytest.mark.on_database("sqlite")
def test_who_waited_for_the_writers_begins_afterwards() -> None:
    found: list[datetime] = []
    with db.transaction():
        waiting = threading.Thread(target=lambda: found.append(_again()))
        waiting.start()
        waiting.join(0.2)
        assert waiting.is_alive()
        ended = clock.utc_now()
    waiting.join()
    assert found[0] >= ended
