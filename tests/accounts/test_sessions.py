"""Sessions: rotation, reuse, ending, and rights that count on the next request."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kirana.accounts import services
from kirana.accounts.errors import RefreshRefused
from kirana.accounts.models import Session
from kirana.accounts.shapes import Tokens
from kirana.platform import clock
from kirana.platform.access import GUEST, SYSTEM
from kirana.platform.audit import AuditEvent
from tests.accounts.people import KEYS, PASSWORD, Visitor, join, rows, sign_in

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def refresh(token: str) -> Tokens:
    return services.refresh(GUEST, KEYS, token)


def after(passed: timedelta, token: str) -> Tokens:
    with clock.frozen(NOON + passed):
        return refresh(token)


@pytest.fixture
def asha(app: Any) -> Visitor:
    with clock.frozen(NOON):
        return join(app, email="asha@example.org")


def test_a_refresh_token_is_used_up(app: Any) -> None:
    asha = join(app)
    first = asha.tokens.refresh_token
    answer = Visitor(asha.client).post("/auth/refresh", {"refresh_token": first})
    assert answer.status_code == 201
    assert answer.json["refresh_token"] != first
    asha.tokens = Tokens(answer.json["access_token"], answer.json["refresh_token"], 900)
    assert asha.get("/me").status_code == 200


def test_no_refresh_token(asha: Visitor) -> None:
    for token in ("", "x", "a.b", "." * 50, "é" * 50):
        answer = Visitor(asha.client).post("/auth/refresh", {"refresh_token": token})
        assert (answer.status_code, answer.json["code"]) == (401, "refresh_refused")
    session = rows(Session)[0]
    forged = f"{session.uid}.{'A' * 43}"
    with clock.frozen(NOON), pytest.raises(RefreshRefused):
        refresh(forged)
    assert rows(Session)[0].ended_at is None


def test_asking_again_within_20_seconds_gets_the_same_successor(asha: Visitor) -> None:
    first = asha.tokens.refresh_token
    second = after(timedelta(minutes=1), first)
    again = after(timedelta(minutes=1, seconds=19), first)
    assert again.refresh_token == second.refresh_token
    deeds = [row.action for row in rows(AuditEvent)]
    assert deeds == ["account.created", "session.opened"]
    third = after(timedelta(minutes=1, seconds=19), second.refresh_token)
    assert third.refresh_token not in (first, second.refresh_token)


def test_reuse_later_ends_the_session_and_is_audited(asha: Visitor) -> None:
    first = asha.tokens.refresh_token
    second = after(timedelta(minutes=1), first)
    with pytest.raises(RefreshRefused):
        after(timedelta(minutes=1, seconds=21), first)
    assert rows(Session)[0].ended_at is not None
    deed = rows(AuditEvent)[-1]
    assert (deed.action, deed.after) == ("session.reused", {"account": asha.uid})
    with pytest.raises(RefreshRefused):
        after(timedelta(minutes=2), second.refresh_token)
    with clock.frozen(NOON + timedelta(minutes=2)):
        asha.tokens = second
        assert asha.get("/me").json["code"] == "session_ended"


def test_a_much_older_token_ends_the_session_too(asha: Visitor) -> None:
    first = token = asha.tokens.refresh_token
    for minutes in range(1, 6):
        token = after(timedelta(minutes=minutes), token).refresh_token
    with pytest.raises(RefreshRefused):
        after(timedelta(minutes=6), first)
    assert rows(Session)[0].ended_at is not None


@pytest.mark.parametrize(
    ("role", "idle", "absolute"),
    [
        ("customer", timedelta(days=7), timedelta(days=30)),
        ("manager", timedelta(hours=1), timedelta(hours=12)),
        ("admin", timedelta(hours=1), timedelta(hours=12)),
    ],
)
def test_sessions_end_by_themselves(
    app: Any, role: str, idle: timedelta, absolute: timedelta
) -> None:
    second = timedelta(seconds=1)
    with clock.frozen(NOON):
        asha = join(app, role)
        other = sign_in(asha.email)
    with pytest.raises(RefreshRefused):
        after(idle, other.refresh_token)
    passed, token = idle - second, asha.tokens.refresh_token
    while passed < absolute:
        token = after(passed, token).refresh_token
        passed += idle - second
    with pytest.raises(RefreshRefused):
        after(absolute, token)


def test_an_access_token_does_not_outlive_its_session(app: Any) -> None:
    with clock.frozen(NOON):
        admin = join(app, "admin")
    passed, token, step = timedelta(), admin.tokens.refresh_token, timedelta(minutes=59)
    while passed + step < timedelta(hours=12):
        passed += step
        admin.tokens = after(passed, token)
        token = admin.tokens.refresh_token
    last = timedelta(hours=12) - timedelta(seconds=1)
    admin.tokens = after(last, token)
    for later, status in ((timedelta(), 200), (timedelta(seconds=1), 401)):
        with clock.frozen(NOON + last + later):
            assert admin.get("/me").status_code == status


def test_sign_out_counts_at_once(app: Any) -> None:
    asha = join(app)
    other = Visitor(asha.client, asha.email, sign_in(asha.email))
    assert asha.post("/auth/sign-out").status_code == 204
    assert asha.get("/me").status_code == 401
    with pytest.raises(RefreshRefused):
        refresh(asha.tokens.refresh_token)
    assert other.get("/me").status_code == 200


def test_suspension_counts_on_the_next_request(app: Any) -> None:
    asha = join(app)
    assert asha.get("/me").status_code == 200
    services.suspend(SYSTEM, asha.uid, "a reason")
    assert (asha.get("/me").status_code, asha.get("/me").json["code"]) == (401, "session_ended")
    with pytest.raises(RefreshRefused):
        refresh(asha.tokens.refresh_token)
    services.reinstate(SYSTEM, asha.uid)
    assert asha.get("/me").status_code == 401


def test_a_new_role_counts_on_the_next_request(app: Any) -> None:
    join(app, "admin")
    admin = join(app, "admin")
    assert admin.get("/people").status_code == 200
    services.change_role(SYSTEM, admin.email, "customer")
    assert admin.get("/people").status_code == 401
    admin.tokens = sign_in(admin.email)
    assert admin.get("/people").status_code == 403


def test_a_new_password_ends_all_other_sessions(app: Any) -> None:
    asha = join(app)
    other = Visitor(asha.client, asha.email, sign_in(asha.email))
    change = {"current_password": PASSWORD, "new_password": "black coffee, no sugar"}
    answer = asha.call("PUT", "/me/password", change)
    assert answer.status_code == 200
    assert other.get("/me").status_code == 401
    assert asha.get("/me").status_code == 401
    asha.tokens = Tokens(answer.json["access_token"], answer.json["refresh_token"], 900)
    assert asha.get("/me").status_code == 200
    assert refresh(asha.tokens.refresh_token)
    assert sign_in(asha.email, "black coffee, no sugar")


@pytest.mark.parametrize(
    ("current", "new", "pointer"),
    [
        ("not my password", "black coffee, no sugar", "/current_password"),
        (PASSWORD, "short", "/new_password"),
    ],
)
def test_a_password_that_cannot_be(app: Any, current: str, new: str, pointer: str) -> None:
    asha = join(app)
    change = {"current_password": current, "new_password": new}
    answer = asha.call("PUT", "/me/password", change)
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]
    assert asha.get("/me").status_code == 200
    assert sign_in(asha.email)


def test_sessions_are_listed_and_ended(app: Any) -> None:
    asha, stranger = join(app), join(app)
    other = Visitor(asha.client, asha.email, sign_in(asha.email))
    listed = asha.get("/me/sessions").json["items"]
    assert [item["is_current"] for item in listed].count(True) == 1
    (theirs,) = [item["uid"] for item in listed if not item["is_current"]]
    assert stranger.call("DELETE", f"/me/sessions/{theirs}").status_code == 404
    assert other.get("/me").status_code == 200
    assert asha.call("DELETE", f"/me/sessions/{theirs}").status_code == 204
    assert other.get("/me").status_code == 401
    assert asha.call("DELETE", f"/me/sessions/{theirs}").status_code == 404
    third = Visitor(asha.client, asha.email, sign_in(asha.email))
    assert asha.call("DELETE", "/me/sessions").status_code == 204
    assert (third.get("/me").status_code, asha.get("/me").status_code) == (401, 200)
    assert stranger.get("/me").status_code == 200


def test_a_bad_bearer_token_is_no_guest(client: Any) -> None:
    for scheme in ("Bearer ", "bearer ", "BEARER "):
        bad = {"Authorization": scheme + "nonsense"}
        answer = client.get("/api/v1/stores/x", headers=bad)
        assert (answer.status_code, answer.json["code"]) == (401, "token_invalid")
        assert client.post("/account", data={"name": "X"}, headers=bad).status_code == 401


def test_an_expired_access_token_says_so(asha: Visitor) -> None:
    with clock.frozen(NOON + timedelta(minutes=14)):
        assert asha.get("/me").status_code == 200
    with clock.frozen(NOON + timedelta(minutes=16)):
        assert asha.get("/me").json["code"] == "token_expired"


@pytest.mark.parametrize("role", ["customer", "manager", "admin"])
def test_a_caller_costs_one_statement(app: Any, statements: list[str], role: str) -> None:
    person = join(app, role)
    statements.clear()
    assert person.get("/me/addresses").status_code == 200
    assert len(statements) - 1 == 1


def test_no_private_answer_is_kept_by_a_cache(app: Any) -> None:
    asha = join(app)
    for path in ("/me", "/me/sessions", "/me/addresses"):
        assert "no-store" in asha.get(path).headers["Cache-Control"]
