"""Exports, jobs and reports over the API, by real people with real tokens."""

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from kirana.app import create_app
from kirana.exports.files import exports_folder
from kirana.exports.services import run_export
from kirana.platform import clock
from kirana.platform.config import Settings
from kirana.reports import services as reports
from tests.accounts.people import Visitor, join
from tests.jobs.rows import add_account, add_member, add_product, add_store, id_of, id_of_job


@pytest.fixture
def manager(app: Any) -> Visitor:
    found = join(app, "manager")
    store_id = add_store("corner")
    add_member(id_of(found.email), store_id)
    add_product(store_id, "Milk")
    return found


def test_from_202_to_the_file(manager: Visitor, settings: Settings) -> None:
    asked = manager.post("/exports", {})
    assert asked.status_code == 202
    where = asked.headers["Location"].removeprefix("/api/v1")
    assert asked.json["state"] == "queued"
    assert asked.json["file"] is None
    assert manager.get(f"/exports/{asked.json['uid']}/file").status_code == 404
    again = manager.post("/exports", {"store_slug": "corner"})
    assert again.json["uid"] == asked.json["uid"]

    run_export(id_of_job(asked.json["uid"]), exports_folder(settings), settings.currency)
    shown = manager.get(where).json
    assert (shown["state"], shown["percent"], shown["rows_done"]) == ("done", 100, 1)
    file = manager.get(shown["file"].removeprefix("/api/v1"))
    assert file.status_code == 200
    assert file.content_type == "application/octet-stream"
    assert file.headers["Cache-Control"] == "no-store"
    assert "attachment" in file.headers["Content-Disposition"]
    (row,) = csv.DictReader(io.StringIO(file.get_data().decode(), newline=""))
    assert row["title"] == "Milk"
    assert [item["uid"] for item in manager.get("/jobs").json["items"]] == [asked.json["uid"]]


def test_cancelling(manager: Visitor) -> None:
    uid = manager.post("/exports", {}).json["uid"]
    stopped = manager.post(f"/jobs/{uid}/cancellation")
    assert stopped.json["state"] == "cancelled"
    twice = manager.post(f"/jobs/{uid}/cancellation")
    assert (twice.status_code, twice.json["code"]) == (409, "illegal_move")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"store_slug": 5}, "invalid"),
        ({"store_slug": ""}, "invalid"),
        ({"store": "corner"}, "forbidden_field"),
        ({"format": "xlsx"}, "unknown_field"),
    ],
)
def test_what_an_export_does_not_take(manager: Visitor, body: Any, code: str) -> None:
    refused = manager.post("/exports", body)
    assert refused.status_code == 422
    assert refused.json["errors"][0]["code"] == code


def test_others_get_nothing(app: Any, manager: Visitor) -> None:
    uid = manager.post("/exports", {}).json["uid"]
    assert join(app).post("/exports", {}).status_code == 403
    assert join(app, "admin").post("/exports", {}).status_code == 403
    stranger = join(app, "manager")
    add_member(id_of(stranger.email), add_store("elsewhere"))
    for path in (f"/jobs/{uid}", f"/exports/{uid}/file"):
        assert stranger.get(path).status_code == 404
    assert stranger.post("/exports", {"store_slug": "corner"}).status_code == 404


def test_there_is_a_limit(database: Any, settings: Settings) -> None:
    small = create_app(replace(settings, export_per_hour=2))
    person = join(small, "manager")
    add_member(id_of(person.email), add_store("corner"))
    codes = [person.post("/exports", {}).status_code for _ in range(3)]
    assert codes == [202, 202, 429]


def test_the_admins_trigger_of_the_report(app: Any, settings: Settings) -> None:
    with clock.frozen(datetime(2026, 11, 23, 6, 0, tzinfo=UTC)):
        add_store("corner")
        add_account("regular@shop.example")
        admin, customer = join(app, "admin"), join(app)
        assert customer.post("/reports/monthly", {"month": "2026-10"}).status_code == 403
        for month in ("2026-13", "october", "2026-1", 5):
            assert admin.post("/reports/monthly", {"month": month}).status_code == 422
        early = admin.post("/reports/monthly", {"month": "2026-11"})
        assert (early.status_code, early.json["code"]) == (409, "month_not_over")
        begun = admin.post("/reports/monthly", {"month": "2026-10"})
        assert (begun.status_code, begun.json["state"]) == (202, "running")
        reports.run_month("2026-10", settings)
        done = admin.post("/reports/monthly", {"month": "2026-10"})
        assert (done.status_code, done.json["state"], done.json["reports"]) == (200, "done", 1)
        assert admin.get("/reports/monthly/2026-10").json["reports"] == 1
        assert admin.get("/reports/monthly/2026-09").status_code == 404
