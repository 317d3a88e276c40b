"""Rows of the outbox end sent, dead or uncertain, and never twice where that can be helped."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, update

from kirana.mailing import delivery
from kirana.mailing.mail import Message, SmtpGateway
from kirana.platform import clock, db
from kirana.platform.db import verb
from kirana.platform.outbox import OUTBOX_MOVES, Outbox, enqueue
from tests.outbox.conftest import add, row
from tests.outbox.sink import Sink

pytestmark = pytest.mark.usefixtures("mailer")
START = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


class Crash(BaseException):
    """Stands for the end of the process: nothing of ours may catch it."""


@verb
def _set(connection: Connection, row_id: int, **values: Any) -> None:
    connection.execute(update(Outbox).where(Outbox.id == row_id).values(**values))


def test_a_row_is_sent_once_and_ticked_off(sink: Sink) -> None:
    row_id = add("asha")
    assert delivery.deliver(row_id) == "sent"
    assert delivery.deliver(row_id) is None
    assert delivery.deliver_due() == 0
    (mail,) = sink.to("asha@example.org")
    found = row(row_id)
    assert (found.state, found.attempt, found.doubts) == ("sent", 1, 0)
    assert found.message_id == mail["Message-ID"]
    assert found.sent_at is not None


def test_the_same_key_is_written_once(database: Any) -> None:
    @verb
    def twice(connection: Connection) -> list[bool]:
        return [enqueue(connection, "greeting", "greeting:x", name="x") for _ in range(2)]

    assert twice() == [True, False]


def test_a_rolled_back_change_sends_nothing(sink: Sink) -> None:
    @verb
    def change(connection: Connection) -> None:
        enqueue(connection, "greeting", "greeting:nobody", name="nobody")
        raise LookupError

    with pytest.raises(LookupError):
        change()
    assert delivery.deliver_due() == 0
    assert sink.raw == []


def test_a_crash_before_the_send_is_made_up_for(
    sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    with clock.frozen(START):
        row_id = add("ravi")
        with monkeypatch.context() as patch:
            patch.setattr(SmtpGateway, "send", _crash)
            with pytest.raises(Crash):
                delivery.deliver(row_id)
        assert row(row_id).state == "sending"
        assert delivery.deliver_due() == 0, "the lease still holds"
    with clock.frozen(START + delivery.LEASE + timedelta(seconds=1)):
        assert delivery.deliver_due() == 1
    assert row(row_id).state == "sent"
    assert len(sink.to("ravi@example.org")) == 1


def test_a_crash_after_the_send_repeats_the_same_message_id(
    sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    with clock.frozen(START):
        row_id = add("meera")
        with monkeypatch.context() as patch:
            patch.setattr(delivery, "_settle", _crash)
            with pytest.raises(Crash):
                delivery.deliver(row_id)
    with clock.frozen(START + delivery.LEASE + timedelta(seconds=1)):
        assert delivery.deliver_due() == 1
    first, second = sink.to("meera@example.org")
    assert first["Message-ID"] == second["Message-ID"]
    found = row(row_id)
    assert (found.state, found.doubts) == ("sent", 1)


def test_a_crash_while_building_leaves_no_doubt(
    sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery.handler("fatal", _crash)
    with clock.frozen(START):
        row_id = add("kiran", "fatal")
        with pytest.raises(Crash):
            delivery.deliver(row_id)
        assert row(row_id).state == "due"
    delivery.handler("fatal", lambda payload: Message("k@example.org", "S", "<p>", "T\n"))
    with clock.frozen(START + delivery.LEASE + timedelta(seconds=1)):
        assert delivery.deliver(row_id) == "sent"
    assert row(row_id).doubts == 0
    assert len(sink.raw) == 1


def test_a_lost_answer_is_tried_once_more_and_then_left(sink: Sink) -> None:
    sink.plan += ["lose", "lose", "ok"]
    with clock.frozen(START):
        row_id = add("lata")
        assert delivery.deliver(row_id) == "uncertain"
        assert delivery.deliver_due() == 0
    with clock.frozen(START + delivery.PAUSE_AFTER_DOUBT):
        assert delivery.deliver_due() == 1
    with clock.frozen(START + timedelta(days=3)):
        assert delivery.deliver_due() == 0
        assert delivery.deliver(row_id) is None
    assert len({mail["Message-ID"] for mail in sink.mails}) == 1
    assert len(sink.mails) == 2
    assert row(row_id).state == "uncertain"


@pytest.mark.parametrize("word", ["refuse", "reject"])
def test_a_refusal_for_good_is_final(sink: Sink, word: str) -> None:
    sink.plan.append(word)
    row_id = add("gone")
    assert delivery.deliver(row_id) == "dead"
    assert row(row_id).last_error.startswith("55")
    assert delivery.deliver_due() == 0
    assert sink.attempts == 1


@pytest.mark.parametrize("word", ["later", "busy", "cut"])
def test_a_refusal_for_now_waits_longer_each_time(sink: Sink, word: str) -> None:
    moment, pauses = START, []
    with clock.frozen(START):
        row_id = add("full")
    for _ in range(5):
        sink.plan.append(word)
        with clock.frozen(moment):
            assert delivery.deliver(row_id) == "retrying"
            assert delivery.deliver(row_id) is None, "not before its time"
        pauses.append((row(row_id).next_at - moment).total_seconds())
        moment = row(row_id).next_at
    expected = [delivery.FIRST_PAUSE_SECONDS * 2**n for n in range(5)]
    assert all(half / 2 <= pause <= half for half, pause in zip(expected, pauses, strict=True))
    with clock.frozen(moment):
        assert delivery.deliver(row_id) == "sent"


def test_48_hours_are_enough(sink: Sink) -> None:
    with clock.frozen(START):
        row_id = add("patient")
    sink.plan += ["later", "later"]
    with clock.frozen(START + timedelta(hours=47, minutes=59)):
        assert delivery.deliver(row_id) == "retrying"
    with clock.frozen(START + timedelta(hours=53)):
        assert delivery.deliver(row_id) == "dead"


def test_no_mail_server_is_a_temporary_trouble(sink: Sink, settings: Any) -> None:
    delivery.use_mailer(SmtpGateway(settings))  # nobody listens there
    row_id = add("early")
    assert delivery.deliver(row_id) == "retrying"
    assert "Refused" in row(row_id).last_error


def test_a_line_break_in_a_header_is_final(sink: Sink) -> None:
    delivery.handler(
        "forged", lambda payload: Message("a@example.org", "Hi\r\nBcc: b@example.org", "x", "x")
    )
    row_id = add("forger", "forged")
    assert delivery.deliver(row_id) == "dead"
    assert "control character" in row(row_id).last_error
    assert sink.attempts == 0


def test_one_row_that_cannot_be_built_stops_no_other(sink: Sink) -> None:
    def broken(payload: dict[str, Any]) -> Message:
        raise ZeroDivisionError

    delivery.handler("broken", broken)
    bad, good, strange = add("bad", "broken"), add("good"), add("strange", "unheard_of")
    assert delivery.deliver_due() == 3
    assert row(bad).state == row(strange).state == "retrying"
    assert row(good).state == "sent"


def test_what_nobody_wants_any_more_is_not_sent(sink: Sink) -> None:
    delivery.handler("unwanted", lambda payload: None)
    row_id = add("x", "unwanted")
    assert delivery.deliver(row_id) == "dead"
    assert sink.attempts == 0


def test_who_lost_the_lease_cannot_write(sink: Sink) -> None:
    row_id = add("slow")

    def overtaken(payload: dict[str, Any]) -> Message:
        _set(row_id, attempt=7, lease_until=None)
        return Message("slow@example.org", "S", "<p>", "T\n")

    delivery.handler("greeting", overtaken)
    assert delivery.deliver(row_id) is None
    assert sink.attempts == 0
    assert row(row_id).attempt == 7


def test_many_sweeps_at_once_send_each_mail_once(sink: Sink) -> None:
    wanted = {f"n{number}" for number in range(24)}
    for name in wanted:
        add(name)
    start = threading.Barrier(4)
    taken: list[int] = []

    def sweep() -> None:
        start.wait()
        taken.append(delivery.deliver_due())

    threads = [threading.Thread(target=sweep) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(taken) == 24
    assert sorted(mail["To"] for mail in sink.mails) == sorted(f"{n}@example.org" for n in wanted)


def test_nothing_is_sent_inside_a_transaction(mailer: SmtpGateway, sink: Sink) -> None:
    with db.transaction(), pytest.raises(RuntimeError):
        mailer.send(Message("a@example.org", "S", "<p>", "T\n"), "<x@y>")
    assert sink.attempts == 0


def test_the_ends_have_no_way_out() -> None:
    assert {state for state, ways in OUTBOX_MOVES.items() if not ways} == {"sent", "dead"}


def _crash(*_: Any, **__: Any) -> None:
    raise Crash


def test_a_mail_that_fails_keeps_no_other_back(sink: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [add(name) for name in ("asha", "bad", "ravi")]
    whole = delivery.deliver

    def failing(row_id: int) -> str | None:
        if row_id == rows[1]:
            raise RuntimeError("no mail today")
        return whole(row_id)

    monkeypatch.setattr(delivery, "deliver", failing)
    delivery.deliver_each(rows, seconds=-1)
    assert [row(each).state for each in rows] == ["due"] * 3, "its time was over"
    delivery.deliver_each(rows)
    assert [row(each).state for each in rows] == ["sent", "due", "sent"]
