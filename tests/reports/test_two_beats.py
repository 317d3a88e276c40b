"""Two beats and two workers, as real processes: each customer still gets each month once."""

from collections import Counter
from pathlib import Path

from kirana.platform.celery import Nudge, make_celery
from kirana.platform.config import Settings
from kirana.platform.wake import on_wake, wake
from kirana.reports.services import due_months
from tests.jobs.rows import add_account, add_store
from tests.machinery.databases import Database
from tests.machinery.processes import wait_until
from tests.outbox.sink import running_sink
from tests.outbox.working import running_worker

CUSTOMERS = 5


def test_two_beats_send_one(database: Database, settings: Settings, tmp_path: Path) -> None:
    add_store("corner")
    people = [add_account(f"c{number}@shop.example") for number in range(CUSTOMERS)]
    months = due_months()
    assert len(months) == 3
    with (
        running_sink() as sink,
        running_worker(settings, sink.url, tmp_path / "first.log"),
        running_worker(settings, sink.url, tmp_path / "second.log"),
    ):
        on_wake(Nudge(make_celery(lambda: settings)))
        for _ in range(4):
            wake("report.schedule")
            wake("mail.sweep")
        expected = len(people) * len(months)
        wait_until(lambda: len(sink.raw) >= expected, 40, "the reports", pause=0.1)
        for _ in range(2):
            wake("report.schedule")
            wake("mail.sweep")
        wait_until(lambda: not due_months(), 10, "the end of the runs", pause=0.1)
        sent = Counter((mail["To"], mail["Subject"]) for mail in sink.mails)
    on_wake(None)
    assert len(sent) == expected
    assert set(sent.values()) == {1}
