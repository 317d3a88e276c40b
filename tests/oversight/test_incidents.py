"""A check finds something: an incident, one mail for each admin, until a later check is clean."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from kirana.check import services as checking
from kirana.oversight import services
from kirana.oversight.models import Incident, IncidentEvent
from kirana.oversight.queries import CHECK
from kirana.oversight.services import CLEAN, Broken, record_findings
from kirana.platform import clock, db
from kirana.platform.celery import Nudge, configuration, make_celery
from kirana.platform.config import Settings
from kirana.platform.db import verb
from kirana.platform.outbox import Outbox
from kirana.platform.schedule import JobRun, claim_period
from kirana.platform.wake import on_wake, wake
from tests.accounts.people import Visitor, join, rows
from tests.machinery.processes import wait_until
from tests.outbox.sink import running_sink
from tests.outbox.working import running_worker

RULE = "every used idempotency key has its answer"
FOUND = Broken(3, RULE, 1, [{"owner": "a:1", "key": "lost"}])
LOST = "'a:1', 'lost', '', '[]', 0, '{}', '', CURRENT_TIMESTAMP"
PAGE = "/office/checks"


@verb
def plant(connection: Connection) -> None:
    names = "owner, key, fingerprint, rights, status, headers, body, created_at"
    connection.execute(text(f"INSERT INTO idempotency ({names}) VALUES ({LOST})"))  # noqa: S608


@verb
def mend(connection: Connection) -> None:
    connection.execute(text("DELETE FROM idempotency"))


@verb
def claim(connection: Connection, night: str) -> bool:
    return claim_period(connection, CHECK, night)


def mails() -> list[str]:
    return [row.dedupe_key for row in rows(Outbox) if row.kind == "incidents"]


def states() -> list[str]:
    return [row.status for row in rows(Incident)]


@pytest.fixture
def admin(app: Any) -> Visitor:
    return join(app, "admin")


@pytest.fixture
def night(settings: Settings) -> datetime:
    """Ten minutes before four in the morning of a long-gone day, when beat's tick comes."""
    return datetime(2026, 11, 20, 3, 50, tzinfo=settings.tz)


def test_a_fault_from_the_night_it_is_found_to_the_night_it_is_gone(
    admin: Visitor, app: Any, settings: Settings, night: datetime
) -> None:
    second = join(app, "admin")

    def check_on(day: int) -> bool:
        with clock.frozen(night + timedelta(days=day)):
            return checking.run_due(settings)

    assert check_on(0)
    assert not check_on(0), "once a night, however many beats there are"
    assert (rows(Incident), mails()) == ([], [])
    plant()
    assert check_on(1)
    [found] = rows(Incident)
    assert (found.rule, found.statement, found.status) == (RULE, 3, "open")
    assert (found.rows_found, found.rows) == (1, [{"owner": "a:1", "key": "lost"}])
    people = [row.id for row in rows_of_admins(admin, second)]
    assert mails() == [f"incidents:{found.id}:{person}" for person in people]

    assert check_on(2)
    [seen] = rows(Incident)
    assert seen.seen_at == night.astimezone(UTC) + timedelta(days=2)
    assert seen.found_at == found.found_at
    assert len(mails()) == 2, "told once"
    mend()
    assert check_on(3)
    [gone] = rows(Incident)
    assert (gone.status, gone.note) == ("resolved", CLEAN)
    assert gone.resolved_at == night.astimezone(UTC) + timedelta(days=3)
    assert [event.to_status for event in rows(IncidentEvent)] == ["open", "resolved"]
    plant()
    assert check_on(4)
    assert states() == ["resolved", "open"]
    assert len(mails()) == 4
    assert [run.finished_at is not None for run in rows(JobRun) if run.name == CHECK] == [True] * 5


def rows_of_admins(*people: Visitor) -> list[Any]:
    from_table = {row.email: row for row in rows_of_accounts()}
    return [from_table[person.email] for person in people]


def rows_of_accounts() -> list[Any]:
    with db.reading() as connection:
        return list(connection.execute(text("SELECT id, email FROM account ORDER BY id")))


@pytest.mark.usefixtures("database")
def test_a_night_is_due_from_three_on_and_one_left_behind_is_taken_over(
    settings: Settings, night: datetime
) -> None:
    with clock.frozen(night.replace(hour=2)):
        assert not checking.run_due(settings)
    with clock.frozen(night):
        assert claim("2026-11-20")  # and the worker is killed
    with clock.frozen(night + timedelta(minutes=29)):
        assert not checking.run_due(settings)
    with clock.frozen(night + timedelta(minutes=31)):
        assert checking.run_due(settings)
        assert not checking.run_due(settings)


def test_beat_begins_the_check_each_hour(settings: Settings) -> None:
    ticks = {entry["task"] for entry in configuration(settings)["beat_schedule"].values()}
    assert {"check.schedule", "check.sweep"} <= ticks


@verb
def opened_by_two_that_looked_before_either_wrote(connection: Connection, index: bool) -> int:
    if not index:
        connection.execute(text("DROP INDEX uq_incident_one_open"))
    opened = [services._open(connection, FOUND) for _ in range(2)]
    connection.rollback()
    return len([key for key in opened if key is not None])


@pytest.mark.usefixtures("database")
def test_two_checks_at_once_open_one_incident() -> None:
    assert opened_by_two_that_looked_before_either_wrote(index=True) == 1
    mutant = opened_by_two_that_looked_before_either_wrote(index=False)
    assert mutant == 2, "without the index there would be two"


def test_what_a_check_saw_later_is_not_resolved_by_an_earlier_one(admin: Visitor) -> None:
    record_findings([FOUND], clock.utc_now())
    record_findings([], clock.utc_now() - timedelta(minutes=1))
    assert states() == ["open"]
    record_findings([], clock.utc_now() + timedelta(seconds=1))
    assert states() == ["resolved"]


def test_the_api_lists_pages_and_resolves(admin: Visitor, app: Any) -> None:
    for number in range(3):
        record_findings([Broken(1, f"rule {number}", 2, [{"id": number}])], clock.utc_now())
    page = admin.get("/incidents?limit=2").json
    assert [item["rule"] for item in page["items"]] == ["rule 2", "rule 1"]
    rest = admin.get(f"/incidents?limit=2&cursor={page['next_cursor']}").json
    assert [item["rows"] for item in rest["items"]] == [["id 0"]]
    path = f"/incidents/{page['items'][0]['uid']}"
    assert admin.get(path).json == page["items"][0]
    for bad in ({}, {"note": ""}, {"note": " "}, {"note": "x" * 501}, {"note": "x", "rule": "y"}):
        assert admin.post(f"{path}/resolution", bad).status_code == 422, bad
    done = admin.post(f"{path}/resolution", {"note": "Counted again."}).json
    assert (done["status"], done["note"]) == ("resolved", "Counted again.")
    again = admin.post(f"{path}/resolution", {"note": "Once more."})
    assert (again.status_code, again.json["code"]) == (409, "illegal_move")
    assert [x["rule"] for x in admin.get("/incidents?state=open").json["items"]] == []
    assert admin.get("/incidents/nosuch").status_code == 404
    assert join(app).get("/incidents").status_code == 403


def test_the_page_checks_shows_and_resolves(admin: Visitor) -> None:
    record_findings([FOUND], clock.utc_now())

    def get(path: str) -> str:
        answer = admin.client.get(path, headers=admin.headers)
        assert answer.status_code == 200
        return str(answer.text)

    def post(path: str, **fields: str) -> Any:
        return admin.client.post(path, data=fields, headers=admin.headers)

    assert "1 open incident" in get("/office/approvals")
    shown = get(PAGE)
    assert "Every used idempotency key has its answer" in shown
    assert "1 rule is broken." in shown
    assert "Not checked yet" in shown
    assert "Nothing found" in get(f"{PAGE}?state=resolved")
    [incident] = rows(Incident)
    path = f"{PAGE}/{incident.uid}/resolution"
    refused = post(path, note=" ")
    assert refused.status_code == 422
    assert "must not be empty" in refused.text
    long = post(path, note="y" * 501)
    assert (long.status_code, "y" * 501 in long.text) == (422, True)
    assert post(path, note="Counted again.").status_code == 303
    assert "Counted again." in get(f"{PAGE}?state=resolved")
    assert "open incident" not in get("/office/approvals")

    assert post(PAGE).status_code == 303
    [job] = admin.get("/jobs").json["items"]
    assert (job["kind"], job["state"]) == ("check", "queued")
    assert f'data-job="{PAGE}/{job["uid"]}" data-active' in get(PAGE)
    assert post(PAGE).status_code == 303
    assert len(admin.get("/jobs").json["items"]) == 1, "asked twice it is one check"
    part = admin.client.get(f"{PAGE}/{job['uid']}", headers=admin.headers | {"X-Fragment": "job"})
    assert "Check of the books" in part.text


@pytest.mark.on_database("sqlite")
def test_the_admin_has_it_checked_now_by_a_real_worker(
    admin: Visitor, settings: Settings, tmp_path: Path
) -> None:
    plant()
    with (
        running_sink() as sink,
        running_worker(settings, sink.url, tmp_path / "worker.log") as worker,
    ):
        on_wake(Nudge(make_celery(lambda: settings)))
        asked = admin.post("/checks")
        assert asked.status_code == 202
        path = asked.headers["Location"].removeprefix("/api/v1")
        wait_until(lambda: admin.get(path).json["state"] == "done", 20, worker.output)
        wake("mail.sweep")
        wait_until(lambda: sink.mails, 15, "the mail")
    on_wake(None)
    job = admin.get(path).json
    assert (job["percent"], job["file"]) == (100, None)
    assert job["rows_done"] == job["rows_total"] > 70
    [incident] = admin.get("/incidents").json["items"]
    assert (incident["rule"], incident["status"]) == (RULE, "open")
    [mail] = sink.mails
    assert mail["To"] == admin.email
    assert RULE in mail.get_body(("plain",)).get_content()
    assert "/office/checks" in mail.get_body(("html",)).get_content()
