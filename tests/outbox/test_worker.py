"""From a commit to a mail, through a real broker, a real worker and a real mail server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from kirana.platform.celery import Nudge, make_celery
from kirana.platform.config import Settings
from kirana.platform.db import verb
from kirana.platform.outbox import enqueue
from kirana.platform.wake import on_wake, wake
from tests.jobs.rows import add_account
from tests.machinery.databases import Database
from tests.machinery.processes import wait_until
from tests.machinery.valkey import Valkey
from tests.outbox.sink import Sink
from tests.outbox.working import running_worker


@pytest.fixture
def nudge(database: Database, settings: Settings) -> Iterator[None]:
    on_wake(Nudge(make_celery(lambda: settings)))
    yield
    on_wake(None)


@verb
def _tell_owner(connection: Connection, account_id: int, day: int) -> None:
    key = f"password-changed:{account_id}:{day}"
    enqueue(connection, "password_changed", key, account_id=account_id)


@pytest.mark.usefixtures("nudge")
def test_a_commit_becomes_a_mail_with_and_without_the_broker(
    database: Database, settings: Settings, sink: Sink, valkey: Valkey, tmp_path: Path
) -> None:
    account_id = add_account("asha@shop.example", name="Asha")
    with running_worker(settings, sink.url, tmp_path / "worker.log") as worker:
        _tell_owner(account_id, 1)
        wait_until(lambda: len(sink.mails) == 1, 15, "the mail after a nudge")
        assert "Asha" in str(sink.mails[0])

        valkey.stop()
        _tell_owner(account_id, 2)
        valkey.start()
        wait_until(lambda: _sweeps(sink), 30, "the mail after a sweep", pause=0.5)
        assert worker.running
    assert len({mail["Message-ID"] for mail in sink.mails}) == 2


def _sweeps(sink: Sink) -> bool:
    """What beat does every thirty seconds."""
    wake("mail.sweep")
    return len(sink.mails) == 2
