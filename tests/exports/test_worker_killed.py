"""kill -9 of a real worker in the middle of an export: one file, one mail."""

import csv
import hashlib
import io
import signal
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection, update

from kirana.exports import services
from kirana.jobs.models import Job
from kirana.platform import clock
from kirana.platform.celery import Nudge, make_celery
from kirana.platform.config import Settings
from kirana.platform.db import verb
from kirana.platform.wake import on_wake, wake
from tests.exports.conftest import Corner, job_row, outbox_rows
from tests.jobs.rows import add_many_products
from tests.machinery.databases import Database
from tests.machinery.processes import wait_until
from tests.outbox.sink import running_sink
from tests.outbox.working import running_worker, start_worker

PRODUCTS = 30_000


@verb
def _end_lease(connection: Connection, job_id: int) -> None:
    """As if the lease's half minute were over."""
    ended = clock.now(connection) - timedelta(seconds=1)
    connection.execute(
        update(Job).where(Job.id == job_id, Job.status == "running").values(lease_until=ended)
    )


def test_a_worker_killed_in_mid_export(
    database: Database, settings: Settings, corner: Corner, tmp_path: Path
) -> None:
    add_many_products(corner.store_id, PRODUCTS)
    on_wake(Nudge(make_celery(lambda: settings)))
    with running_sink() as sink:
        first = start_worker(settings, sink.url, tmp_path / "first.log")
        try:
            job = services.request_export(corner.manager, None)
            wait_until(lambda: job_row(job.id).rows_done > 0, 30, "the first page", pause=0.005)
        finally:
            first.signal_group(signal.SIGKILL)
            first.stop()
        killed_at = job_row(job.id)
        assert killed_at.status == "running"
        assert 0 < killed_at.rows_done < PRODUCTS
        _end_lease(job.id)
        with running_worker(settings, sink.url, tmp_path / "second.log"):
            wake("export.sweep")
            wait_until(lambda: job_row(job.id).status == "done", 60, "the whole file", pause=0.1)
            wait_until(lambda: sink.mails, 20, "the mail", pause=0.1)
            for _ in range(3):
                wake("export.sweep")
                wake("mail.sweep")
            wait_until(
                lambda: outbox_rows("export_ready")[0].state == "sent", 10, "the tick", pause=0.1
            )
    on_wake(None)
    row = job_row(job.id)
    (mail,) = sink.to("mira@shop.example")
    (attached,) = mail.iter_attachments()
    data = attached.get_content()
    assert attached.get_content_type() == "application/octet-stream"
    assert str(attached.get_filename()).startswith("products-corner-")
    assert hashlib.sha256(data).hexdigest() == row.sha256
    skus = [line["sku"] for line in csv.DictReader(io.StringIO(data.decode(), newline=""))]
    assert skus == [f"B-{number}" for number in range(PRODUCTS)]
    assert row.attempt >= 2
    files = [path.name for path in (settings.home / "exports").glob(f"{job.uid}*")]
    assert files == [row.file]
