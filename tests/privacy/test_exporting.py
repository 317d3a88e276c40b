"""One's own data: all of it, nobody else's, once, for its owner alone."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from kirana import check
from kirana.accounts.key_shapes import NewKey
from kirana.accounts.models import Account, Session
from kirana.accounts.permissions import Permission
from kirana.accounts.services import make_key, suspend
from kirana.accounts.shapes import Tokens
from kirana.exports.files import exports_folder
from kirana.jobs.models import Job
from kirana.jobs.services import LEASE
from kirana.platform import audit, clock, db, probes
from kirana.platform.config import Settings
from kirana.platform.db import query
from kirana.platform.outbox import Outbox
from kirana.privacy import queries
from kirana.privacy.sections import SECTIONS
from kirana.privacy.services import exporting
from tests.accounts.people import PASSWORD, Visitor, join, rows
from tests.jobs.rows import id_of_job
from tests.reviews.speaking import speak
from tests.world import World, actor_of, build


class Crash(BaseException):
    """Stands for kill -9 of the worker."""


@pytest.fixture
def world(app: Any) -> Iterator[World]:
    yield build(app)
    probes.clear_probes()


def ask(world: World, who: str = "customer") -> Any:
    return world.people[who].post("/me/data-exports")


def write(asked: Any, settings: Settings) -> None:
    exporting.run_data_export(id_of_job(asked.json["uid"]), exports_folder(settings))


def fetch(world: World, asked: Any, who: str = "customer") -> Any:
    return world.people[who].get(f"/me/data-exports/{asked.json['uid']}/file")


@query
def secrets_of(connection: Connection) -> set[str]:
    hashes = select(Account.password_hash).union(
        select(Session.current_hash), select(Session.previous_hash)
    )
    return {value for value in connection.execute(hashes).scalars() if value}


def test_the_file_holds_everything_and_nobody_else(world: World, settings: Settings) -> None:
    asked = ask(world)
    assert asked.status_code == 202
    assert asked.headers["Location"] == f"/api/v1/jobs/{asked.json['uid']}"
    assert ask(world).json["uid"] == asked.json["uid"]  # one within a minute
    assert fetch(world, asked).status_code == 404
    write(asked, settings)
    told = fetch(world, asked)
    assert told.headers["Cache-Control"] == "no-store"
    assert "my-data.json" in told.headers["Content-Disposition"]
    data = json.loads(told.data)
    assert set(data) == {"as_of", *SECTIONS}
    customer = world.people["customer"]
    assert [row["email"] for row in data["account"]] == [customer.email]
    assert [row["street"] for row in data["addresses"]] == ["12 Lake Road"]
    assert [row["number"] for row in data["orders"]] == [world.keys["order"]]
    assert [(row["title"], row["quantity"]) for row in data["order_lines"]] == [("Oat milk", 2)]
    assert [row["product"] for row in data["basket"]] == ["Oat milk"]
    assert [row["product"] for row in data["favourites"]] == ["Oat milk"]
    assert [row["name"] for row in data["shopping_lists"]] == ["The week"]
    assert [(row["list"], row["quantity"]) for row in data["shopping_list_lines"]] == [
        ("The week", 2)
    ]
    assert [row["may"] for row in data["shopping_list_links"]] == ["read"]
    assert {"session.opened", "order.placed", "address.added"} <= {
        row["action"] for row in data["audit_log"]
    }
    assert not [secret for secret in secrets_of() | {PASSWORD} if secret in told.text]
    others = {row.email for row in rows(Account)} - {customer.email}
    assert not [email for email in others if email in told.text]
    assert check.run() == []


def test_what_one_said_and_reported_is_told_to_oneself_alone(world: World) -> None:
    speak(world)
    me, other = world.actor("customer").me(), world.actor("other_customer").me()
    [said] = queries.list_section(me, "reviews", 0, 10)
    assert (said["stars"], said["text"]) == (4, "Fresh, and it kept well.")
    assert queries.list_section(me, "review_reports", 0, 10) == []
    assert queries.list_section(other, "reviews", 0, 10) == []
    [reported] = queries.list_section(other, "review_reports", 0, 10)
    assert (reported["product"], reported["complaint"]) == ("Oat milk", "untrue")


def test_where_others_were_is_not_told(world: World) -> None:
    customer, admin = world.actor("customer"), world.actor("admin")
    with db.transaction() as connection:
        for actor, network in ((customer, "203.0.113.7"), (admin, "198.51.100.7")):
            where = replace(actor, network=network, request_id="r-1")
            audit.record(connection, where, "test.done", ("account", customer.uid))
    deeds = queries.list_section(customer.me(), "audit_log", 0, 1000)
    told = [(row["network"], row["request_id"]) for row in deeds if row["action"] == "test.done"]
    assert told == [("203.0.113.0/24", "r-1"), (None, None)]


def test_pages_and_a_lost_worker_change_nothing(
    world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "PAGE", 2)
    asked, left = ask(world), [9]

    def crash() -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Crash

    probes.set_probe("export.page", crash)
    with pytest.raises(Crash):
        write(asked, settings)
    probes.clear_probes()
    with clock.frozen(clock.utc_now() + LEASE + timedelta(seconds=1)):
        write(asked, settings)
    resumed = json.loads(fetch(world, asked).data)
    for name, section in SECTIONS.items():
        assert len(resumed[name]) == _count(world.actor("customer").me(), section), name
    assert len(resumed["audit_log"]) > 2
    assert [row.status for row in rows(Job) if row.uid == asked.json["uid"]] == ["done"]


@query
def _count(connection: Connection, me: int, section: Any) -> int:
    return len(connection.execute(section(me)).all())


def test_only_its_owner_gets_the_file(world: World, settings: Settings) -> None:
    asked = ask(world)
    write(asked, settings)
    for who, status in {"other_customer": 404, "admin": 404, "anonymous": 401}.items():
        assert fetch(world, asked, who).status_code == status, who
    for who in ("pending", "manager"):
        assert ask(world, who).status_code == 202
    suspend(world.actor("admin"), world.people["customer"].uid, "unpaid bills")
    assert fetch(world, asked).status_code == 401


def test_whoever_is_shut_out_meanwhile_gets_none(world: World, settings: Settings) -> None:
    asked = ask(world)
    suspend(world.actor("admin"), world.people["customer"].uid, "unpaid bills")
    write(asked, settings)
    [job] = [row for row in rows(Job) if row.uid == asked.json["uid"]]
    assert (job.status, job.file) == ("cancelled", None)
    assert not [row for row in rows(Outbox) if row.kind == "personal_data_ready"]


def test_the_file_goes_after_a_week(world: World, settings: Settings) -> None:
    asked, folder = ask(world), exports_folder(settings)
    write(asked, settings)
    assert list(folder.glob(f"{asked.json['uid']}.*"))
    with clock.frozen(clock.utc_now() + timedelta(days=7, minutes=1)):
        assert exporting.expire_data_exports(folder) == 1
    assert not list(folder.glob(f"{asked.json['uid']}.*"))
    assert (fetch(world, asked).status_code, fetch(world, asked).json["code"]) == (
        410, "export_expired",
    )  # fmt: skip


def test_the_page_shows_how_far_it_is(world: World, settings: Settings) -> None:
    customer = world.people["customer"]

    def get(path: str, **headers: str) -> Any:
        return customer.client.get(path, headers={**customer.headers, **headers})

    assert customer.client.post("/account/data", headers=customer.headers).status_code == 303
    job = next(row for row in rows(Job) if row.kind == "personal_data")
    assert "It begins in a moment" in get("/account/data").text
    exporting.run_data_export(job.id, exports_folder(settings))
    part = get(f"/account/data/{job.uid}", **{"X-Fragment": "job"}).text
    assert f"/account/data/{job.uid}/file" in part
    assert "<html" not in part
    assert json.loads(get(f"/account/data/{job.uid}/file").data)["account"]
    assert get(f"/account/data/{world.keys['job']}").status_code == 404


def test_an_api_key_never_gets_the_whole(app: Any) -> None:
    person = join(app)
    rights = [Permission.READ_OWN_PROFILE, Permission.READ_OWN_JOBS]
    _uid, token = make_key(actor_of(person.email), NewKey("all of it", rights), None)
    program = Visitor(app.test_client(), tokens=Tokens(token, "", 0))
    assert program.get("/me").status_code == 200
    assert program.post("/me/data-exports").status_code == 403
    uid = person.post("/me/data-exports").json["uid"]
    assert program.get(f"/me/data-exports/{uid}/file").status_code == 403
