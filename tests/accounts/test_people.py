"""What admins and operators do with accounts, and the table of moves."""

import itertools
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Connection, update

from kirana.accounts import services
from kirana.accounts.cli import user
from kirana.accounts.errors import LastAdmin
from kirana.accounts.models import Account, AccountEvent
from kirana.accounts.services.records import move_account
from kirana.accounts.states import ACCOUNT_MOVES
from kirana.platform import announce
from kirana.platform.access import SYSTEM
from kirana.platform.audit import AuditEvent
from kirana.platform.config import Settings
from kirana.platform.db import verb
from kirana.platform.errors import IllegalMove, ShopError
from tests.accounts.people import PASSWORD, Visitor, at_once, join, person_row, rows, sign_in


@verb
def put(connection: Connection, email: str, status: str) -> None:
    connection.execute(update(Account).where(Account.email == email).values(status=status))


@verb
def move(connection: Connection, email: str, to: str) -> None:
    move_account(connection, SYSTEM, person_row(email).id, to, "because")


def test_every_move_of_an_account(app: Any) -> None:
    email = join(app, "manager").email
    for current, wanted in itertools.product(ACCOUNT_MOVES, ACCOUNT_MOVES):
        put(email, current)
        if wanted in ACCOUNT_MOVES[current]:
            check_move(email, current, wanted)
        else:
            check_no_move(email, current, wanted)


def check_no_move(email: str, current: str, wanted: str) -> None:
    before = len(rows(AccountEvent))
    with pytest.raises(IllegalMove) as refused:
        move(email, wanted)
    assert refused.value.details["legal"] == list(ACCOUNT_MOVES[current])
    assert person_row(email).status == current
    assert len(rows(AccountEvent)) == before


def check_move(email: str, current: str, wanted: str) -> None:
    version = person_row(email).token_version
    move(email, wanted)
    assert person_row(email).status == wanted
    step = rows(AccountEvent)[-1]
    assert (step.from_status, step.to_status, step.reason) == (current, wanted, "because")
    deed = rows(AuditEvent)[-1]
    assert (deed.action, deed.before) == (f"account.{wanted}", {"status": current})
    ends = wanted in ("suspended", "closed")
    assert person_row(email).token_version == version + ends


def test_an_admin_finds_suspends_and_reinstates(app: Any) -> None:
    admin, asha = join(app, "admin"), join(app, email="asha@example.org")
    (found,) = admin.get("/people?q=ASHA@&role=customer&status=active").json["items"]
    assert found["uid"] == asha.uid
    path = f"/people/{asha.uid}"
    answer = admin.post(f"{path}/suspension", {"reason": "unpaid bills"})
    assert (answer.status_code, answer.json["person"]["status"]) == (200, "suspended")
    assert asha.get("/me").status_code == 401
    again = admin.post(f"{path}/suspension", {"reason": "again"})
    assert (again.status_code, again.json["code"]) == (409, "illegal_move")
    assert admin.post(f"{path}/reinstatement").json["person"]["status"] == "active"
    assert admin.post(f"{path}/reinstatement").status_code == 409
    history = [(step["from_status"], step["to_status"]) for step in admin.get(path).json["history"]]
    assert history == [(None, "active"), ("active", "suspended"), ("suspended", "active")]
    deed = rows(AuditEvent)[-1]
    assert deed.actor_id == person_row(admin.email).id
    assert deed.session_id is not None
    assert deed.network == "127.0.0.0/24"


def test_suspending_is_announced(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[int] = []
    monkeypatch.setitem(
        announce._subscribers,
        "account_suspended",
        [lambda _connection, account_id: heard.append(account_id)],
    )
    asha = join(app)
    services.suspend(SYSTEM, asha.uid, "a reason")
    assert heard == [person_row(asha.email).id]


@pytest.mark.parametrize("role", ["customer", "manager"])
def test_nobody_else_sees_or_moves_people(app: Any, role: str) -> None:
    person, asha = join(app, role), join(app)
    for path in ("/people", f"/people/{asha.uid}", "/manager-applications"):
        assert person.get(path).status_code == 403
        assert Visitor(person.client).get(path).status_code == 401
    reason = {"reason": "spite"}
    assert person.post(f"/people/{asha.uid}/suspension", reason).status_code == 403
    assert person.post(f"/people/{asha.uid}/reinstatement").status_code == 403
    assert person_row(asha.email).status == "active"


def test_a_suspension_has_a_reason_and_nothing_else(app: Any) -> None:
    admin, asha = join(app, "admin"), join(app)
    for reason in ({}, {"reason": ""}, {"reason": " "}, {"reason": "x", "to": 1}):
        assert admin.post(f"/people/{asha.uid}/suspension", reason).status_code == 422
    assert asha.get("/me").status_code == 200


def test_people_come_in_pages(app: Any) -> None:
    admin = join(app, "admin")
    emails = [join(app).email for _ in range(5)]
    seen, cursor = [], ""
    while True:
        page = admin.get(f"/people?role=customer&limit=2{cursor}").json
        seen += [item["email"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == emails[::-1]
    assert admin.get("/people?cursor=nonsense").json["errors"][0]["pointer"] == "/cursor"
    assert admin.get("/people?role=king").status_code == 422
    assert admin.get("/people?q=100%25").json["items"] == []


def test_the_last_admin_stays(app: Any) -> None:
    admin = join(app, "admin")
    answer = admin.post(f"/people/{admin.uid}/suspension", {"reason": "a holiday"})
    assert (answer.status_code, answer.json["code"]) == (409, "last_admin")
    with pytest.raises(LastAdmin):
        services.change_role(SYSTEM, admin.email, "customer")
    second = join(app, "admin")
    services.suspend(SYSTEM, admin.uid, "a holiday")
    with pytest.raises(LastAdmin):
        services.suspend(SYSTEM, second.uid, "a holiday")
    services.suspend(SYSTEM, join(app).uid, "not an admin at all")


def test_two_admins_cannot_suspend_each_other_at_once(app: Any) -> None:
    first, second = join(app, "admin"), join(app, "admin")
    answers = at_once(
        lambda: services.suspend(SYSTEM, first.uid, "go"),
        lambda: services.suspend(SYSTEM, second.uid, "you go"),
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["LastAdmin", "NoneType"]
    assert sorted(row.status for row in rows(Account)) == ["active", "suspended"]


# ---- kirana user


def run(settings: Settings, *words: str, typed: str = "") -> Any:
    return CliRunner().invoke(user, words, obj=settings, input=typed)


def test_an_operator_makes_an_admin(app: Any, settings: Settings) -> None:
    words = ("create", "--role", "admin", "--email", "A@example.org", "--name", "Asha")
    done = run(settings, *words, "--password-stdin", typed=PASSWORD + "\n")
    assert (done.exit_code, done.output) == (0, "a@example.org can sign in as admin.\n")
    row = person_row("a@example.org")
    assert (row.role, row.status) == ("admin", "active")
    assert rows(AuditEvent)[-1].action == "account.created"
    assert sign_in("a@example.org")
    asked = run(settings, *words, "--password-stdin", typed=PASSWORD + "\n")
    assert asked.exception.code == "address_taken"
    assert PASSWORD not in asked.output


def test_an_operator_is_held_to_the_rules(app: Any, settings: Settings) -> None:
    words = ("create", "--role", "admin", "--email", "nonsense", "--name", "", "--password-stdin")
    refused = run(settings, *words, typed="short\n").exception
    assert isinstance(refused, ShopError)
    assert [error["pointer"] for error in refused.errors] == ["/email", "/name", "/password"]
    assert run(settings, "create", "--role", "king").exit_code == 2
    assert rows(Account) == []


def test_an_operator_changes_a_role(app: Any, settings: Settings) -> None:
    asha = join(app)
    assert run(settings, "role", asha.email.upper(), "admin").exit_code == 0
    assert person_row(asha.email).role == "admin"
    assert asha.get("/me").status_code == 401
    deed = rows(AuditEvent)[-1]
    assert (deed.before, deed.after) == ({"role": "customer"}, {"role": "admin"})
    assert run(settings, "role", asha.email, "customer").exception.code == "last_admin"
    assert run(settings, "role", "nobody@example.org", "admin").exception.code == "not_found"


def test_a_waiting_manager_is_not_waved_through(app: Any, settings: Settings) -> None:
    mira = join(app, "manager")
    put(mira.email, "pending")
    assert run(settings, "role", mira.email, "admin").exception.code == "conflict"
    assert person_row(mira.email).role == "manager"
