"""One export asked for is one file, whole and right, whatever happens to its worker."""

import csv
import hashlib
import io
import os
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, delete, insert, update

from kirana.accounts.models import Account
from kirana.exports import queries, running, services
from kirana.exports.errors import ExportExpired
from kirana.exports.files import GrowingFile
from kirana.jobs.queries import get_job
from kirana.jobs.services import LEASE
from kirana.platform import clock, probes
from kirana.platform.access import SYSTEM
from kirana.platform.announce import announce, subscribe
from kirana.platform.db import verb
from kirana.platform.errors import Forbidden, Invalid, NotFound
from kirana.stock.models import Lot, StockLevel
from kirana.stores.models import Membership
from kirana.stores.services import leave_all_stores
from tests.exports.conftest import Corner, job_row, outbox_rows
from tests.jobs.rows import (
    actor_of,
    add_account,
    add_category,
    add_many_products,
    add_member,
    add_order,
    add_product,
    add_store,
)

START = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


class Crash(BaseException):
    """Stands for kill -9 of the worker: nothing of ours may catch it."""


@pytest.fixture(autouse=True)
def _no_probes() -> Any:
    yield
    probes.clear_probes()


def run(corner: Corner, job_id: int) -> None:
    services.run_export(job_id, corner.folder, "INR")


def content(corner: Corner, job_id: int) -> bytes:
    return (corner.folder / job_row(job_id).file).read_bytes()


def table(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def crash_at(place: str, visit: int = 1) -> None:
    left = [visit]

    def probe() -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Crash

    probes.set_probe(place, probe)


def test_the_file_holds_the_stores_products_and_what_was_sold(corner: Corner) -> None:
    add_category("Dairy")
    milk = add_product(corner.store_id, "=Milk, 1 l", category="Dairy", stock=7)
    rice = add_product(
        corner.store_id, "Rice", unit="g", price_per=1000, increment=50, minimum=100,
        price_minor=8000, stock=5000, status="hidden",
    )  # fmt: skip
    other = add_store("other")
    add_product(other, "Not ours")
    buyer = add_account("asha@shop.example")
    add_order(buyer, corner.store_id, START, [(milk, 2), (rice, 1500)])
    add_order(buyer, corner.store_id, START, [(milk, 1)])
    add_order(buyer, corner.store_id, START, [(milk, 50)], status="cancelled")
    job = services.request_export(corner.manager, None)
    run(corner, job.id)
    first, second = table(content(corner, job.id))
    assert first["title"] == "'=Milk, 1 l"
    assert [first[name] for name in ("category", "stock", "units_sold", "revenue")] == [
        "Dairy", "7", "3", "283.50",
    ]  # fmt: skip
    assert [second[name] for name in ("unit", "price_per", "price", "units_sold", "revenue")] == [
        "g", "1000", "80.00", "1500", "120.00",
    ]  # fmt: skip
    assert second["status"] == "hidden"
    row = job_row(job.id)
    data = content(corner, job.id)
    assert (row.rows_done, row.bytes) == (2, len(data))
    assert row.sha256 == hashlib.sha256(data).hexdigest()
    assert get_job(corner.manager, job.uid).file == f"/api/v1/exports/{job.uid}/file"
    assert [item.dedupe_key for item in outbox_rows("export_ready")] == [f"export:{job.uid}"]


def test_the_file_says_what_is_for_sale_and_when_it_ends(corner: Corner) -> None:
    milk = add_product(corner.store_id, "Milk", stock=9)
    add_product(corner.store_id, "Salt", stock=5)
    keep_lots(milk, (START, 2), (START + timedelta(days=3), 4), (START + timedelta(days=9), 3))
    with clock.frozen(START):
        job = services.request_export(corner.manager, None)
    run(corner, job.id)
    rows = table(content(corner, job.id))
    assert [(row["stock"], row["available"], row["best_before"]) for row in rows] == [
        ("9", "7", "2026-11-25"),
        ("5", "5", ""),
    ]


@verb
def keep_lots(connection: Connection, product_id: int, *lots: tuple[datetime, int]) -> None:
    """Lots that are sold until a moment, best before the day before it."""
    level = StockLevel.product_id == product_id
    connection.execute(update(StockLevel).where(level).values(tracks_lots=True))
    for moment, quantity in lots:
        connection.execute(
            insert(Lot).values(
                product_id=product_id,
                code=f"{moment:%d}",
                on_hand=quantity,
                sold_until=moment,
                best_before=moment.date() - timedelta(days=1),
            )
        )


def test_an_empty_store_gives_a_header(corner: Corner) -> None:
    job = services.request_export(corner.manager, None)
    run(corner, job.id)
    assert content(corner, job.id).count(b"\r\n") == 1


def test_products_made_after_the_request_are_not_in_it(corner: Corner) -> None:
    with clock.frozen(START):
        add_product(corner.store_id, "Before", created_at=START)
        job = services.request_export(corner.manager, None)
        add_product(corner.store_id, "After", created_at=START + timedelta(seconds=1))
        run(corner, job.id)
    assert [row["title"] for row in table(content(corner, job.id))] == ["Before"]


@pytest.mark.parametrize(
    ("place", "visit"), [("export.page", 1), ("export.page", 2), ("export.renamed", 1)]
)
def test_a_lost_worker_leaves_a_file_that_is_finished_by_another(
    corner: Corner, place: str, visit: int
) -> None:
    add_many_products(corner.store_id, 2500)
    with clock.frozen(START):
        job = services.request_export(corner.manager, None)
        crash_at(place, visit)
        with pytest.raises(Crash):
            run(corner, job.id)
        probes.clear_probes()
        certain = job_row(job.id)
        assert certain.status == "running"
        # What the lost worker wrote after its last commit is not to be trusted.
        for part in corner.folder.glob("*.part"):
            with part.open("ab") as file:
                file.write(b"half a line, 1,")
        run(corner, job.id)
        assert job_row(job.id).attempt == 1, "the lease holds"
    with clock.frozen(START + LEASE):
        services.resume_exports()
        run(corner, job.id)
    row = job_row(job.id)
    assert (row.status, row.attempt, row.rows_done) == ("done", 2, 2500)
    names = [line["sku"] for line in table(content(corner, job.id))]
    assert names == [f"B-{n}" for n in range(2500)]
    assert [path.name for path in corner.folder.iterdir()] == [row.file]
    assert len(outbox_rows("export_ready")) == 1


def test_a_lost_file_is_begun_again(corner: Corner) -> None:
    add_many_products(corner.store_id, 1500)
    with clock.frozen(START):
        job = services.request_export(corner.manager, None)
        crash_at("export.page")
        with pytest.raises(Crash):
            run(corner, job.id)
    probes.clear_probes()
    for part in corner.folder.iterdir():
        part.unlink()
    with clock.frozen(START + LEASE):
        run(corner, job.id)
    assert len(table(content(corner, job.id))) == job_row(job.id).rows_done == 1500


def test_a_slow_worker_cannot_spoil_its_successors_file(corner: Corner) -> None:
    add_many_products(corner.store_id, 2500)
    overtaken = threading.Event()

    def wait() -> None:
        if threading.current_thread().name == "slow":
            assert overtaken.wait(30)

    probes.set_probe("export.page", wait)
    job = services.request_export(corner.manager, None)
    slow = threading.Thread(target=run, args=(corner, job.id), name="slow")
    slow.start()
    while job_row(job.id).rows_done == 0:
        overtaken.wait(0.02)
    _let_lease_end(job.id)
    run(corner, job.id)
    overtaken.set()
    slow.join()
    row = job_row(job.id)
    data = content(corner, job.id)
    assert (row.status, row.attempt) == ("done", 2)
    assert hashlib.sha256(data).hexdigest() == row.sha256
    assert [path.name for path in corner.folder.iterdir()] == [row.file]
    assert len(outbox_rows("export_ready")) == 1


def test_a_full_disk_is_tried_again_later(corner: Corner, monkeypatch: pytest.MonkeyPatch) -> None:
    add_product(corner.store_id, "Milk")
    with clock.frozen(START):
        job = services.request_export(corner.manager, None)
        with monkeypatch.context() as patch:
            patch.setattr("kirana.exports.files.os.fsync", _full_disk)
            run(corner, job.id)
        assert job_row(job.id).status == "running"
    with clock.frozen(START + timedelta(minutes=1)):
        run(corner, job.id)
    assert job_row(job.id).status == "done"


def test_demotion_and_suspension_stop_an_export(corner: Corner) -> None:
    subscribe("role_changed", leave_all_stores)
    subscribe("role_changed", services.stop_exports_without_right)
    add_product(corner.store_id, "Milk")
    job = services.request_export(corner.manager, None)
    _demote(corner.manager_id)
    assert job_row(job.id).status == "cancelled"
    run(corner, job.id)
    assert list(corner.folder.iterdir()) == []


def test_who_left_the_store_gets_nothing_when_it_runs(corner: Corner) -> None:
    add_product(corner.store_id, "Milk")
    job = services.request_export(corner.manager, None)
    _leave(corner.manager_id)
    run(corner, job.id)
    assert job_row(job.id).status == "cancelled"
    assert outbox_rows("export_ready") == []


def test_who_left_the_store_meanwhile_gets_no_mail(corner: Corner) -> None:
    add_product(corner.store_id, "Milk")
    job = services.request_export(corner.manager, None)
    probes.set_probe("export.renamed", lambda: _leave(corner.manager_id))
    run(corner, job.id)
    assert job_row(job.id).status == "cancelled"
    assert outbox_rows("export_ready") == []
    assert list(corner.folder.iterdir()) == []


def test_rights_are_checked_at_the_download(corner: Corner) -> None:
    job = services.request_export(corner.manager, None)
    run(corner, job.id)
    assert queries.find_download(corner.manager, job.uid).name.startswith("products-corner-2")
    stranger_id = add_account("s@shop.example", "manager")
    add_member(stranger_id, add_store("elsewhere"))
    with pytest.raises(NotFound):
        queries.find_download(actor_of(stranger_id), job.uid)
    add_member(stranger_id, corner.store_id)
    with pytest.raises(NotFound):
        queries.find_download(actor_of(stranger_id), job.uid)
    _leave(corner.manager_id)
    with pytest.raises(Forbidden):
        queries.find_download(corner.manager, job.uid)
    add_member(corner.manager_id, add_store("next-door"))
    with pytest.raises(NotFound):
        queries.find_download(corner.manager, job.uid)


def test_who_may_ask(corner: Corner) -> None:
    for role, status in (("customer", "active"), ("manager", "pending"), ("admin", "active")):
        person = add_account(f"{role}-{status}@shop.example", role, status=status)
        with pytest.raises(Forbidden):
            services.request_export(actor_of(person), None)
    with pytest.raises(NotFound):
        services.request_export(corner.manager, "elsewhere")
    add_member(corner.manager_id, add_store("second"))
    with pytest.raises(Invalid):
        services.request_export(corner.manager, None)
    assert services.request_export(corner.manager, "second").is_new


def test_files_are_kept_for_a_week(corner: Corner) -> None:
    with clock.frozen(START):
        job = services.request_export(corner.manager, None)
        run(corner, job.id)
    with clock.frozen(START + timedelta(days=6, hours=23)):
        assert services.expire_exports(corner.folder) == 0
    with clock.frozen(START + timedelta(days=7, seconds=1)):
        assert services.expire_exports(corner.folder) == 1
    assert list(corner.folder.iterdir()) == []
    with pytest.raises(ExportExpired):
        queries.find_download(corner.manager, job.uid)


def _full_disk(handle: int) -> None:
    raise OSError(28, "No space left on device")


@verb
def _let_lease_end(connection: Connection, job_id: int) -> None:
    jobs = services.queries.Job
    connection.execute(
        update(jobs).where(jobs.id == job_id).values(lease_until=START - timedelta(days=1))
    )


@verb
def _demote(connection: Connection, account_id: int) -> None:
    connection.execute(update(Account).where(Account.id == account_id).values(role="customer"))
    announce(connection, "role_changed", account_id=account_id, was="manager", actor=SYSTEM)


@verb
def _leave(connection: Connection, account_id: int) -> None:
    connection.execute(delete(Membership).where(Membership.account_id == account_id))


def test_parts_of_one_attempt_never_meet_those_of_another(tmp_path: Path) -> None:
    first = GrowingFile(tmp_path, "u", 1, ".csv")
    first.append(b"abc")
    second = GrowingFile(tmp_path, "u", 2, ".csv")
    assert second.take_over(first.name, 2)
    first.append(b"late")
    second.append(b"X")
    assert second.complete() == hashlib.sha256(b"abX").hexdigest()
    assert (tmp_path / "u.2.csv").read_bytes() == b"abX"


@pytest.mark.usefixtures("database")
def test_what_no_job_names_is_swept_away(tmp_path: Path) -> None:
    """A worker killed between the end of a person and the end of their file leaves it behind."""
    lost, young = tmp_path / "lost.json", tmp_path / "young.json"
    for path in (lost, young):
        path.write_text("{}")
    two_hours_ago = clock.utc_now().timestamp() - 7200
    os.utime(lost, (two_hours_ago, two_hours_ago))
    running.delete_leftovers(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["young.json"]
