"""A prepared statement says and tells what the library's own execution does."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import (
    Column,
    Connection,
    Integer,
    MetaData,
    Table,
    bindparam,
    delete,
    event,
    func,
    insert,
    literal,
    select,
    update,
)  # fmt: skip
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from kirana.platform import clock, columns, db
from kirana.platform.audit import AuditEvent
from kirana.platform.idempotency import Idempotency
from kirana.platform.inserts import insert_ignoring, insert_new, insert_one, insert_rows
from kirana.platform.outbox import Outbox
from kirana.platform.prepared import LONGEST_LIST, Prepared
from kirana.platform.tables import UtcDateTime

pytestmark = pytest.mark.usefixtures("database")
NOON = datetime(2026, 6, 1, 12, 0, 0, 123456, tzinfo=UTC)
_THEN = func.coalesce(*[literal(datetime(2025, 1, 1, tzinfo=UTC), UtcDateTime)] * 2)
EVERYTHING = select(Idempotency.__table__).order_by(Idempotency.id)
AMONG = select(Idempotency.key).where(
    Idempotency.key.in_(bindparam("keys", expanding=True)), Idempotency.owner == bindparam("whose")
).order_by(Idempotency.key)  # fmt: skip


def _row(key: str, **other: Any) -> dict[str, Any]:
    return {
        "owner": "a1", "key": key, "fingerprint": "f", "rights": ["read", "ü"], "status": 201,
        "headers": {"X-A": "1"}, "body": b"\x00{}", "created_at": NOON, **other,
    }  # fmt: skip


@contextlib.contextmanager
def heard() -> Iterator[list[str]]:
    """Somebody listens to the engine: the library executes."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    event.listen(db.engine(), "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(db.engine(), "before_cursor_execute", note)


def both_ways(act: Callable[[], Any]) -> tuple[Any, Any]:
    """What it gives by itself, and where the library executes."""
    own = act()
    with heard() as sent:
        library = act()
    assert sent, "the library was to execute"
    return own, library


def _read(statement: Prepared, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with db.reading() as connection:
        return [tuple(row) for row in statement.all(connection, values)]


def test_values_of_every_type_are_read_as_they_were_written() -> None:
    with db.transaction() as connection:
        insert_rows(connection, Idempotency, [_row("one"), _row("two", headers={})])
        insert_rows(connection, AuditEvent, [_deed({"a": [1, None]}), _deed(None)])
    own, library = both_ways(lambda: _read(Prepared(EVERYTHING), {}))
    assert own == library
    assert own[0][1:] == tuple(_row("one").values())
    deeds = select(AuditEvent.before, AuditEvent.at, AuditEvent.actor_id).order_by(AuditEvent.id)
    own, library = both_ways(lambda: _read(Prepared(deeds), {}))
    assert own == library == [({"a": [1, None]}, NOON, None), (None, NOON, None)]


def _deed(before: Any) -> dict[str, Any]:
    return {"action": "x", "object_kind": "y", "object_key": "z", "before": before, "at": NOON}


@pytest.mark.parametrize("count", [0, 1, 2, LONGEST_LIST, LONGEST_LIST + 1])
def test_a_list_of_any_length_is_looked_for(count: int) -> None:
    keys = [f"k{number:03}" for number in range(count)]
    with db.transaction() as connection:
        insert_rows(connection, Idempotency, [_row(key) for key in [*keys, "other"]])
    wanted = {"keys": keys, "whose": "a1", "nobody asks for this": 1}
    own, library = both_ways(lambda: _read(Prepared(AMONG), wanted))
    assert own == library == [(key,) for key in keys]
    assert _read(Prepared(AMONG), {"keys": keys, "whose": "b"}) == []


@pytest.mark.parametrize("key", ["plain", "it's", "100%", "%(x)s %s", "a?b :c", "\\'", '"', "ü₹"])
def test_constants_stand_in_the_text(key: str) -> None:
    """Else SQLite prepares a basket anew each time: its cart is found by a partial index."""
    find = select(Idempotency.key, literal(key)).where(
        Idempotency.key == key, Idempotency.status == 201, Idempotency.owner == bindparam("whose")
    )
    prepared = Prepared(find)
    with db.transaction() as connection:
        insert_rows(connection, Idempotency, [_row(key), _row("other"), _row(key + "2")])
    own, library = both_ways(lambda: _read(prepared, {"whose": "a1"}))
    assert own == library == [(key, key)]
    (form,) = prepared._forms.values()
    assert len(form._values) == 1


def test_what_is_no_plain_constant_stays_a_value() -> None:
    find = select(Idempotency.key).where(Idempotency.created_at <= NOON, Idempotency.body != b"")
    with db.transaction() as connection:
        insert_rows(connection, Idempotency, [_row("one")])
    own, library = both_ways(lambda: _read(Prepared(find), {}))
    assert own == library == [("one",)]


def test_lists_of_many_lengths_share_few_forms() -> None:
    prepared = Prepared(AMONG)
    with db.transaction() as connection:
        insert_rows(connection, Idempotency, [_row(f"k{number:03}") for number in range(70)])
        for count in range(1, LONGEST_LIST + 1):
            keys = [f"k{number:03}" for number in range(count)]
            found = prepared.all(connection, {"keys": keys, "whose": "a1"})
            assert [row.key for row in found] == keys
    assert len(prepared._forms) == 7


def test_a_list_of_constants_and_a_value_that_has_a_default() -> None:
    named = bindparam("whose", "a1")
    find = select(Idempotency.key).where(
        Idempotency.key.in_(["one", "two"]), Idempotency.owner == named
    )
    with db.transaction() as connection:
        insert_rows(connection, Idempotency, [_row("one"), _row("three"), _row("two", owner="b")])
    for given, wanted in (({}, [("one",)]), ({"whose": "b"}, [("two",)])):
        own, library = both_ways(lambda given=given: _read(Prepared(find), given))  # type: ignore[misc]
        assert own == library == wanted


def test_what_changes_by_itself_is_left_to_the_library() -> None:
    table = Table("x", MetaData(), Column("a", Integer), Column("b", Integer, onupdate=1))
    with db.reading() as connection, pytest.raises(TypeError, match="by itself"):
        Prepared(update(table).values(a=bindparam("to"))).count(connection, {"to": 1})


def test_an_error_that_is_not_the_database_s_is_left_as_it_is() -> None:
    find = Prepared(select(Idempotency.key).where(Idempotency.id == bindparam("of")))
    with db.reading() as connection, pytest.raises((OverflowError, DataError)):
        find.all(connection, {"of": 2**70})
    with db.reading() as connection:
        assert find.all(connection, {"of": 1}) == []


def test_rows_have_names_and_labels() -> None:
    with db.transaction() as connection:
        insert_rows(connection, Idempotency, [_row("one")])
        labelled = select(Idempotency.key, func.count().label("times")).group_by(Idempotency.key)
        found = Prepared(labelled).one_or_none(connection, {})
        assert (found.key, found.times) == ("one", 1)
        nothing = Prepared(select(Idempotency.key).where(Idempotency.key == bindparam("of")))
        assert nothing.one_or_none(connection, {"of": "x"}) is None
        assert nothing.scalar(connection, {"of": "x"}) is None
        assert nothing.scalar(connection, {"of": "one"}) == "one"


def test_what_an_insert_does_not_name_is_its_default() -> None:
    def act() -> tuple[Any, ...]:
        row = {"kind": "k", "dedupe_key": columns.new_uid(), "payload": {"order_id": 1}}
        named = {**row, "next_at": NOON, "created_at": NOON}
        with db.transaction() as connection:
            told = (Outbox.state, Outbox.attempt, Outbox.lease_until, Outbox.payload)
            return tuple(insert_one(connection, Outbox, named, *told))

    own, library = both_ways(act)
    assert own == library == ("due", 0, None, {"order_id": 1})


def test_defaults_are_made_anew_for_each_row() -> None:
    bare = {"action": "x", "object_kind": "y", "object_key": "z"}
    with db.transaction() as connection:
        insert_rows(connection, AuditEvent, [bare])
        insert_rows(connection, AuditEvent, [bare, bare])
        moments = connection.execute(select(AuditEvent.at)).scalars().all()
    assert len(moments) == 3
    assert len(set(moments)) > 1


def test_how_many_were_written_and_what_is_returned() -> None:
    with db.transaction() as connection:
        insert_rows(connection, Idempotency, [_row("one"), _row("two"), _row("three")])
        mine = Idempotency.owner == bindparam("whose")
        raise_ = Prepared(update(Idempotency).where(mine).values(status=Idempotency.status + 1))
        assert raise_.count(connection, {"whose": "a1"}) == 3
        assert raise_.count(connection, {"whose": "b"}) == 0
        key = Idempotency.key.in_(bindparam("keys", expanding=True))
        drop = Prepared(delete(Idempotency).where(mine, key).returning(Idempotency.status))
        rows = drop.all(connection, {"whose": "a1", "keys": ["one", "two"]})
        assert [row.status for row in rows] == [202, 202]
        set_to = update(Idempotency).where(Idempotency.key == bindparam("of"))
        each = Prepared(set_to.values(status=bindparam("to")))
        each.each(connection, [{"of": "three", "to": 7}, {"of": "gone", "to": 8}])
        assert connection.execute(select(Idempotency.status)).scalars().all() == [7]


def test_conflicts_are_ignored_where_they_are_to_be() -> None:
    with db.transaction() as connection:
        assert insert_ignoring(connection, Idempotency, **_row("one"))
        assert not insert_ignoring(connection, Idempotency, **_row("one"))
        assert len(insert_new(connection, Idempotency, [_row("two")], Idempotency.id)) == 1
        assert len(insert_new(connection, Idempotency, [_row("two")], Idempotency.id)) == 0
        more = insert_new(connection, Idempotency, [_row("two"), _row("three")], Idempotency.key)
        assert [row.key for row in more] == ["three"]
        many = [_row("three"), *(_row(f"n{number}") for number in range(20))]
        assert len(insert_new(connection, Idempotency, many, Idempotency.key)) == 20


def test_rows_that_are_new_are_written_as_the_library_does() -> None:
    def act() -> tuple[Any, Any]:
        with db.transaction() as connection:
            connection.execute(delete(Idempotency))
            insert_new(connection, Idempotency, [_row("one")], Idempotency.id)
            rows = [_row("one", status=500), _row("two", headers={"X-B": "ü"}), _row("three")]
            told = insert_new(connection, Idempotency, rows, Idempotency.key, Idempotency.headers)
            written = connection.execute(EVERYTHING).all()
        assert [row.status for row in written] == [201] * 3
        return sorted(tuple(row) for row in told), [tuple(row)[1:] for row in written]

    own, library = both_ways(act)
    assert own == library


def test_an_expression_is_a_value() -> None:
    def act() -> list[bool]:
        rows = [_row(f"{clock.utc_now()}{turn}", created_at=_THEN) for turn in range(2)]
        with db.transaction() as connection:
            return [
                insert_new(connection, Idempotency, [row], Idempotency.created_at)[0][0] < NOON
                for row in rows
            ]

    own, library = both_ways(act)
    assert own == library == [True, True]


def _insert_twice(connection: Connection, statement: Prepared) -> None:
    statement.count(connection, _row("one"))
    statement.count(connection, _row("one"))


def test_an_error_is_the_library_s_own() -> None:
    statement = Prepared(insert(Idempotency).inline(), _row(""))

    def act() -> IntegrityError:
        with pytest.raises(IntegrityError) as caught, db.transaction() as connection:
            _insert_twice(connection, statement)
        return caught.value

    own, library = both_ways(act)
    assert type(own.orig) is type(library.orig)
    assert str(own.orig) == str(library.orig)
    assert own.statement == library.statement
    assert not own.connection_invalidated
    with db.reading() as connection:
        assert connection.execute(select(func.count()).select_from(Idempotency)).scalar() == 0


def test_a_value_that_is_lacking_is_an_error() -> None:
    with db.transaction() as connection, pytest.raises(KeyError):
        Prepared(AMONG).all(connection, {"keys": ["a"]})


def test_a_connection_that_is_lost_is_known_to_be() -> None:
    """The next try has another, as the library gives up all that it had."""
    find = Prepared(EVERYTHING)

    def act() -> tuple[bool, bool]:
        with db.reading() as connection:
            driver: Any = connection.connection.dbapi_connection
            driver.close()
            with pytest.raises(DBAPIError) as caught:
                find.all(connection, {})
            return caught.value.connection_invalidated, connection.invalidated

    assert act() == (True, True)
    with heard():
        assert act() == (True, True)
    assert _read(find, {}) == []
