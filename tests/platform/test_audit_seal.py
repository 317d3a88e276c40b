"""The audit log's seals: whoever changes it behind the shop's back is found, row by row."""

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import DBAPIError

from kirana import check
from kirana.platform import audit, audit_seal, clock, db
from kirana.platform.access import SYSTEM, Actor
from kirana.platform.audit import AuditEvent
from kirana.platform.audit_seal import AuditSeal, Fault, canonical, seal, verify
from kirana.platform.db import query, verb
from kirana.platform.engines import sqlite
from kirana.platform.networks import shortened
from tests.accounts.people import at_once
from tests.check.tampering import ledgers_open

pytestmark = pytest.mark.usefixtures("database")
KEY = b"k" * 32
NOON = datetime(2026, 11, 27, 12, 0, 0, 123456, tzinfo=UTC)


@verb
def write(connection: Connection, count: int) -> None:
    for number in range(count):
        audit.record(connection, SYSTEM, "test.done", ("thing", str(number)), after={"n": number})


@query
def all_rows(connection: Connection, table: Any) -> list[Any]:
    return list(connection.execute(select(table.__table__).order_by(table.id)))


@verb
def tamper(connection: Connection, sql: str, **values: Any) -> None:
    """As somebody does who owns the database: the triggers are out of the way."""
    with ledgers_open(connection):
        assert connection.execute(text(sql), values).rowcount > 0


COPY = (
    "INSERT INTO audit_event (id, at, role, network, request_id, action, object_kind, object_key)"
    " SELECT :new, at, role, network, request_id, action, object_kind, object_key"
    " FROM audit_event WHERE id = :row"
)
ATTACKS: dict[str, tuple[str, str]] = {
    "another action": ("UPDATE audit_event SET action = 'nothing' WHERE id = :row", "altered"),
    "another actor": ("UPDATE audit_event SET role = 'admin' WHERE id = :row", "altered"),
    "another network": ("UPDATE audit_event SET network = '::1' WHERE id = :row", "altered"),
    "another value": ("UPDATE audit_event SET after = '{\"n\": 7}' WHERE id = :row", "altered"),
    "another time": (
        "UPDATE audit_event SET at = '2020-01-01 00:00:00' WHERE id = :row",
        "altered",
    ),
    "a row less": ("DELETE FROM audit_event WHERE id = :row", "deleted"),
}


@pytest.mark.parametrize(("sql", "what"), ATTACKS.values(), ids=ATTACKS)
@pytest.mark.parametrize("place", [0, 3, 5])
def test_the_first_changed_row_is_named(sql: str, what: str, place: int) -> None:
    write(6)
    assert seal(KEY) == 6
    row = all_rows(AuditEvent)[place].id
    assert verify(KEY).fault is None
    tamper(sql, row=row)
    assert verify(KEY).fault == Fault(1, row, what)


@pytest.mark.on_database("sqlite")
def test_a_row_replaced_past_the_triggers_is_named() -> None:
    """SQLite deletes for REPLACE without asking a trigger where a connection does not say so."""
    write(4)
    seal(KEY)
    row = all_rows(AuditEvent)[2].id
    columns = ", ".join(column.name for column in AuditEvent.__table__.columns)
    told = columns.replace(" action", " 'nothing'")
    with sqlite.connect(db.engine().url.database) as foreign:
        foreign.execute(
            f"REPLACE INTO audit_event ({columns}) SELECT {told} FROM audit_event WHERE id = {row}"  # noqa: S608
        )
    foreign.close()
    assert all_rows(AuditEvent)[2].action == "nothing"
    assert verify(KEY).fault == Fault(1, row, "altered")


def test_a_row_that_is_pushed_in_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_seal, "PAGE", 3)
    write(3)
    gap = all_rows(AuditEvent)[1].id
    tamper("DELETE FROM audit_event WHERE id = :row", row=gap)  # an id that was never given
    write(3)
    assert seal(KEY) == 5
    tamper(COPY, new=gap, row=gap + 1)
    assert verify(KEY).fault == Fault(1, gap, "inserted")


SEAL_ATTACKS = {
    "its marks": ("UPDATE audit_seal SET marks = '{}' WHERE id = 2", 2, "altered"),
    "its end": ("UPDATE audit_seal SET last_id = last_id + 1 WHERE id = 2", 2, "altered"),
    "its hash": ("UPDATE audit_seal SET hash = 'x' WHERE id = 2", 2, "altered"),
    "the seal itself": ("DELETE FROM audit_seal WHERE id = 2", 2, "deleted"),
    "the first seal": ("DELETE FROM audit_seal WHERE id = 1", 1, "deleted"),
}


@pytest.mark.parametrize(("sql", "number", "what"), SEAL_ATTACKS.values(), ids=SEAL_ATTACKS)
def test_a_changed_seal_is_named(sql: str, number: int, what: str) -> None:
    for _ in range(3):
        write(2)
        seal(KEY)
    tamper(sql)
    fault = verify(KEY).fault
    assert fault is not None
    assert (fault.seal, fault.row) == (number, None)
    assert what in fault.what


def test_seals_cannot_be_made_again_without_the_key() -> None:
    write(4)
    seal(KEY)
    tamper("UPDATE audit_event SET action = 'nothing'")
    tamper("DELETE FROM audit_seal")
    seal(b"guessed" * 5)
    assert verify(KEY).fault == Fault(1, None, "the seal was altered, or made with another key")


def test_the_tail_is_counted_and_sealed_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_seal, "PAGE", 4)
    assert verify(KEY) == audit_seal.Verdict(0, 0, "", None, 0, None)
    write(10)
    assert (seal(KEY), seal(KEY)) == (10, 0)
    with clock.frozen(NOON):
        write(2)
        found = verify(KEY)
    assert (found.seals, found.rows, found.unsealed, found.unsealed_since) == (3, 10, 2, NOON)
    assert seal(KEY) == 2
    assert (verify(KEY).rows, verify(KEY).unsealed) == (12, 0)
    assert [row.entries for row in all_rows(AuditSeal)] == [4, 4, 2, 2]
    assert check.run() == []


def test_seals_are_insert_only() -> None:
    write(1)
    seal(KEY)
    for sql in ("UPDATE audit_seal SET hash = ''", "DELETE FROM audit_seal"):
        with pytest.raises(DBAPIError, match="insert-only"), db.transaction() as connection:
            connection.execute(text(sql))


def test_a_row_is_the_same_bytes_on_every_database() -> None:
    actor = Actor(role="admin", session_id=7, network="203.0.113.77", request_id="r-1")
    with clock.frozen(NOON), db.transaction() as connection:
        facts = {"name": "Zoë", "b": [1, None, True], "a": {"y": 1, "x": "ü\n"}}
        audit.record(connection, actor, "test.done", ("thing", "1"), before=facts)
    [row] = all_rows(AuditEvent)
    told = json.loads(canonical(row))
    assert told.pop("id") == row.id
    assert json.dumps(told, separators=(",", ":")) == (
        '{"action":"test.done","actor_id":null,"after":null,"at":"2026-11-27T12:00:00.123456+00:00"'
        ',"before":{"a":{"x":"\\u00fc\\n","y":1},"b":[1,null,true],"name":"Zo\\u00eb"},'
        '"key_uid":null,"network":"203.0.113.0/24","object_key":"1","object_kind":"thing","request_id":"r-1",'
        '"role":"admin","session_id":7}'
    )


def test_many_sealers_make_one_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_seal, "PAGE", 5)
    write(40)
    outcomes = at_once(*[lambda: seal(KEY)] * 4)
    assert not [each for each in outcomes if isinstance(each, Exception)]
    assert seal(KEY) + sum(each for each in outcomes if isinstance(each, int)) == 40
    assert (verify(KEY).rows, verify(KEY).fault, verify(KEY).unsealed) == (40, None, 0)


def late_commit(sealing: Callable[[], Any]) -> None:
    """A row gets its id, a later one is committed and sealed over it, and then it is committed."""
    with db.engine().connect() as late, late.begin():
        audit.record(late, SYSTEM, "test.late", ("thing", "late"))
        thread = threading.Thread(target=write, args=(1,))
        thread.start()
        thread.join(10)
        sealing()
    seal(KEY)


@pytest.mark.on_database("postgresql")
def test_a_late_commit_is_not_lost_from_sealing() -> None:
    sealed: list[int] = []
    late_commit(lambda: sealed.append(seal(KEY)))
    assert sealed == [0]
    found = verify(KEY)
    assert (found.fault, found.rows, found.unsealed) == (None, 2, 0)


@pytest.mark.on_database("postgresql")
def test_mutant_without_the_lock_a_late_commit_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    newest = select(func.max(AuditEvent.id))
    monkeypatch.setattr(
        audit_seal, "_settled_id", query(lambda connection: connection.execute(newest).scalar())
    )
    late_commit(lambda: seal(KEY))
    fault = verify(KEY).fault
    assert fault is not None
    assert fault.what == "inserted"


def test_networks_are_shortened() -> None:
    told = {
        "203.0.113.77": "203.0.113.0/24",
        "2001:db8:1:2::7": "2001:db8:1::/48",
        "": "",
        "unix:": "",
    }
    assert {given: shortened(given) for given in told} == told
