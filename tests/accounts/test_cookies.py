"""Signing in on pages: the cookies, their renewal, and when they are ignored."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kirana.accounts import services
from kirana.accounts.models import Session
from kirana.app import create_app
from kirana.platform import clock
from kirana.platform.access import SYSTEM
from kirana.platform.config import Settings
from tests.accounts.people import OWN_ORIGIN, PASSWORD, Visitor, join, person_row, rows, sign_in
from tests.machinery.memory import make_app

TO_SIGN_IN = "/sign-in?return_to=%2Faccount"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def enter(client: Any, email: str) -> Any:
    form = {"email": email, "password": PASSWORD, "return_to": ""}
    answer = client.post("/sign-in", data=form, headers=OWN_ORIGIN)
    assert answer.status_code == 303
    return answer


@pytest.fixture
def asha(app: Any, client: Any) -> Visitor:
    """Signed in by cookies at noon."""
    with clock.frozen(NOON):
        visitor = Visitor(client, join(app, email="asha@example.org").email)
        enter(client, visitor.email)
        return visitor


def test_the_cookies_are_out_of_reach_of_scripts(app: Any, client: Any) -> None:
    join(app, email="asha@example.org")
    given = enter(client, "asha@example.org").headers.getlist("Set-Cookie")
    ours = [line for line in given if line.startswith(("access=", "refresh="))]
    assert len(ours) == 2
    for line in ours:
        assert "HttpOnly" in line
        assert "SameSite=Lax" in line
        assert "Path=/" in line
        assert "Secure" not in line


@pytest.mark.usefixtures("database")
def test_on_https_they_are_host_cookies(settings: Settings, home: Path) -> None:
    app = make_app(replace(settings, base_url="https://shop.example"), home)
    client = app.test_client()
    join(app, email="asha@example.org")
    form = {"email": "asha@example.org", "password": PASSWORD, "return_to": ""}
    own = {"Origin": "https://shop.example"}
    answer = client.post("/sign-in", data=form, headers=own, base_url="https://shop.example")
    given = answer.headers.getlist("Set-Cookie")
    ours = [line for line in given if line.startswith(("__Host-access=", "__Host-refresh="))]
    assert len(ours) == 2
    for line in ours:
        assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(line.split("; "))
        assert "Domain" not in line
    assert client.get("/account", base_url="https://shop.example").status_code == 200


def test_no_cookie_of_ours_can_be_set_by_a_neighbour(app: Any, settings: Settings) -> None:
    """Another host of the same domain cannot set a ``__Host-`` cookie."""
    shop = create_app(replace(settings, base_url="https://shop.example"))
    client, place = shop.test_client(), {"base_url": "https://shop.example"}
    join(app, email="asha@example.org")
    own = {"Origin": "https://shop.example"}
    form = {"email": "asha@example.org", "password": PASSWORD, "return_to": ""}
    given = client.post("/sign-in", data=form, headers=own, **place).headers.getlist("Set-Cookie")
    form = {"name": "Asha", "wants_report": "1"}
    given += client.post("/account", data=form, headers=own, **place).headers.getlist("Set-Cookie")
    assert {line.partition("=")[0] for line in given} >= {"__Host-access", "__Host-notes"}
    for line in given:
        assert line.startswith("__Host-")
        assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(line.split("; "))


def test_pages_know_the_caller(asha: Visitor) -> None:
    with clock.frozen(NOON + timedelta(minutes=1)):
        page = asha.client.get("/account")
        assert page.status_code == 200
        assert "Set-Cookie" not in page.headers
        assert "no-store" in page.headers["Cache-Control"]


def test_an_expired_access_cookie_is_renewed_on_the_way(asha: Visitor) -> None:
    with clock.frozen(NOON + timedelta(hours=2)):
        page = asha.client.get("/account")
        assert page.status_code == 200
        renewed = page.headers.getlist("Set-Cookie")
        assert [line.split("=")[0] for line in renewed] == ["access", "refresh"]
        assert "Set-Cookie" not in asha.client.get("/account").headers
    assert rows(Session)[-1].rotated_at == NOON + timedelta(hours=2)


def test_two_requests_with_the_same_old_cookies_both_work(app: Any, asha: Visitor) -> None:
    old = {name: asha.client.get_cookie(name).value for name in ("access", "refresh")}
    twin = app.test_client()
    for name, value in old.items():
        twin.set_cookie(name, value)
    with clock.frozen(NOON + timedelta(hours=2)):
        assert asha.client.get("/account").status_code == 200
        assert twin.get("/account").status_code == 200
    pair = [client.get_cookie("refresh").value for client in (asha.client, twin)]
    assert pair[0] == pair[1]


def test_an_ended_session_makes_a_guest_without_cookies(asha: Visitor) -> None:
    with clock.frozen(NOON + timedelta(minutes=1)):
        services.suspend(SYSTEM, asha.uid, "a reason")
        cookies = {name: asha.client.get_cookie(name).value for name in ("access", "refresh")}
        assert asha.client.get("/account").location == TO_SIGN_IN
        assert asha.client.get_cookie("access") is None
        assert asha.client.get_cookie("refresh") is None
        assert "This device was signed out" in asha.client.get("/sign-in").text
        for name, value in cookies.items():
            asha.client.set_cookie(name, value)
        headers = {**OWN_ORIGIN, "Referer": "http://localhost/account/addresses"}
        lost = asha.client.post("/account", data={"name": "Asha"}, headers=headers)
        assert lost.status_code == 401
        assert "This device was signed out" in lost.text
        assert 'href="/sign-in?return_to=/account/addresses"' in lost.text


def test_signing_out_ends_the_session(asha: Visitor) -> None:
    with clock.frozen(NOON + timedelta(minutes=1)):
        answer = asha.client.post("/sign-out", data={}, headers=OWN_ORIGIN)
        assert answer.status_code == 303
        assert asha.client.get_cookie("access") is None
        assert asha.client.get("/account").location == TO_SIGN_IN
    assert rows(Session)[-1].ended_at is not None


def test_signing_in_as_somebody_else_ends_the_first_session(app: Any, asha: Visitor) -> None:
    with clock.frozen(NOON + timedelta(minutes=1)):
        join(app, email="ravi@example.org")
        enter(asha.client, "ravi@example.org")
        first = person_row("asha@example.org").id
        ended = [row.ended_at for row in rows(Session) if row.account_id == first]
        assert ended[-1] is not None
        assert b"ravi@example.org" in asha.client.get("/account").data


def test_with_a_bearer_header_cookies_are_ignored(app: Any, client: Any) -> None:
    join(app, email="asha@example.org")
    enter(client, "asha@example.org")
    ravi = join(app, email="ravi@example.org")
    both = client.get("/api/v1/me", headers=ravi.headers)
    assert both.json["email"] == "ravi@example.org"
    broken = client.get("/api/v1/me", headers={"Authorization": "Bearer nonsense"})
    assert broken.status_code == 401
    assert client.get("/api/v1/me").json["email"] == "asha@example.org"


def test_nonsense_in_the_cookies_makes_a_guest(app: Any, client: Any) -> None:
    client.set_cookie("access", "nonsense")
    client.set_cookie("refresh", "non.sense")
    client.set_cookie("basket", "x" * 4000)
    assert client.get("/sign-in").status_code == 200
    assert client.get_cookie("access") is None


def test_the_account_page_changes_name_and_report(app: Any, client: Any) -> None:
    join(app, email="asha@example.org")
    enter(client, "asha@example.org")
    answer = client.post("/account", data={"name": "Asha Rao"}, headers=OWN_ORIGIN)
    assert answer.status_code == 303
    row = person_row("asha@example.org")
    assert (row.name, row.wants_report) == ("Asha Rao", False)
    for field in ("role", "status", "email", "token_version"):
        form = {"name": "Asha", "wants_report": "1", field: "admin"}
        assert client.post("/account", data=form, headers=OWN_ORIGIN).status_code == 422
    assert person_row("asha@example.org") == row


def test_the_password_page(app: Any, client: Any) -> None:
    join(app, email="asha@example.org")
    enter(client, "asha@example.org")
    other = sign_in("asha@example.org")
    assert b"Firefox on Linux" in client.get("/account/security").data
    wrong = {"current_password": "wrong", "new_password": "black coffee, no sugar"}
    refused = client.post("/account/password", data=wrong, headers=OWN_ORIGIN)
    assert refused.status_code == 422
    assert b"That is not your password." in refused.data
    form = {**wrong, "current_password": PASSWORD}
    assert client.post("/account/password", data=form, headers=OWN_ORIGIN).status_code == 303
    assert client.get("/account/security").status_code == 200
    assert Visitor(client, tokens=other).get("/me").status_code == 401


def test_a_device_is_signed_out_on_the_page(app: Any, client: Any) -> None:
    join(app, email="asha@example.org")
    enter(client, "asha@example.org")
    asha = Visitor(app.test_client(), tokens=sign_in("asha@example.org"))
    (uid,) = [item["uid"] for item in asha.get("/me/sessions").json["items"] if item["is_current"]]
    path = f"/account/sessions/{uid}/end"
    assert path.encode() in client.get("/account/security").data
    assert client.post(path, headers=OWN_ORIGIN).status_code == 303
    assert asha.get("/me").status_code == 401
