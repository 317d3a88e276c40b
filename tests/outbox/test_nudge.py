"""The nudge after commit: reaches a worker, and costs the committer nothing when Redis is away."""

import base64
import json
import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Connection

from kirana.platform import celery as shop_celery
from kirana.platform.celery import Nudge, make_celery
from kirana.platform.config import Settings
from kirana.platform.db import verb
from kirana.platform.outbox import enqueue
from kirana.platform.wake import on_wake, wake
from tests.machinery.processes import wait_until
from tests.machinery.valkey import Valkey

PATIENCE = 0.05


@pytest.fixture
def nudge(database: Any, settings: Settings) -> Iterator[Nudge]:
    made = Nudge(make_celery(lambda: settings))
    on_wake(made)
    yield made
    on_wake(None)


@verb
def _change(connection: Connection, name: str) -> None:
    enqueue(connection, "greeting", f"greeting:{name}", name=name)


def _seconds(act: Callable[[], Any]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _waiting(valkey: Valkey, queue: str) -> int:
    with valkey.client() as client:
        return int(client.llen(queue))  # type: ignore[arg-type]


@pytest.mark.on_database("sqlite")
class TestNudge:
    def test_a_committed_row_is_told_to_the_mail_queue(
        self, database: Any, nudge: Nudge, valkey: Valkey
    ) -> None:
        _change("asha")
        wait_until(lambda: _waiting(valkey, "mail") == 1, 5, "the hint")

    def test_each_task_goes_to_its_queue(self, nudge: Nudge, valkey: Valkey) -> None:
        for task in ("mail.deliver", "export.run", "report.run"):
            wake(task, 1)
        for queue in ("mail", "export", "default"):
            wait_until(lambda queue=queue: _waiting(valkey, queue) == 1, 5, queue)

    def test_mails_that_are_due_at_once_are_told_together(
        self, nudge: Nudge, valkey: Valkey
    ) -> None:
        for number in range(7):
            wake("mail.deliver", number)
            wake("export.run", number)
        wait_until(lambda: _waiting(valkey, "export") == 7, 5, "each export by itself")
        with valkey.client() as client:
            told: Any = [json.loads(each) for each in client.lrange("mail", 0, -1)]  # type: ignore[union-attr]
        ids = [json.loads(base64.b64decode(each["body"]))[0] for each in told]
        assert sorted(sum(ids, [])) == list(range(7))
        assert len(told) < 4

    @pytest.mark.parametrize("away", [Valkey.stop, Valkey.pause])
    def test_nobody_waits_for_a_redis_that_is_away(
        self, nudge: Nudge, valkey: Valkey, away: Callable[[Valkey], None]
    ) -> None:
        wake("mail.deliver", 0)
        wait_until(lambda: _waiting(valkey, "mail") == 1, 5, "the first hint")
        away(valkey)
        times = [_seconds(lambda: wake("mail.deliver", 1)) for _ in range(50)]
        time.sleep(1.2)
        times += [_seconds(lambda: wake("mail.deliver", 1)) for _ in range(50)]
        assert max(times) < PATIENCE

    def test_after_a_failure_it_rests_and_then_works_again(
        self, nudge: Nudge, valkey: Valkey, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(shop_celery, "REST_SECONDS", 1.0)
        valkey.stop()
        wake("mail.deliver", 1)
        time.sleep(0.5)
        valkey.start()
        wake("mail.deliver", 2)
        time.sleep(0.2)
        assert _waiting(valkey, "mail") == 0, "it rests"
        time.sleep(1.0)
        wake("mail.deliver", 3)
        wait_until(lambda: _waiting(valkey, "mail") == 1, 5, "the hint after the rest")

    def test_a_full_bag_drops_hints_instead_of_waiting(
        self, nudge: Nudge, valkey: Valkey, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        valkey.pause()
        seconds = _seconds(lambda: [wake("mail.deliver", n) for n in range(3000)])
        assert seconds < 1

    def test_a_forked_child_has_its_own_thread_and_line(self, nudge: Nudge, valkey: Valkey) -> None:
        wake("export.run", 1)
        wait_until(lambda: _waiting(valkey, "export") == 1, 5, "the parent's hint")
        child = os.fork()
        if child == 0:
            wake("export.run", 2)
            time.sleep(1.5)
            os._exit(0)
        wait_until(lambda: _waiting(valkey, "export") == 2, 5, "the child's hint")
        assert os.waitpid(child, 0)[1] == 0
        wake("export.run", 3)
        wait_until(lambda: _waiting(valkey, "export") == 3, 5, "the parent's second hint")
