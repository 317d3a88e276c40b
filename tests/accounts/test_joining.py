"""Sign-up and application: who gets in as what, and what nobody can smuggle in."""

from datetime import timedelta
from typing import Any

import pytest

from kirana.accounts import passwords
from kirana.accounts.models import Account, AccountEvent, AccountLink, Approval
from kirana.platform import clock
from kirana.platform.config import Settings
from kirana.platform.outbox import Outbox
from tests.accounts.people import (
    OWN_ORIGIN,
    PASSWORD,
    Visitor,
    join,
    person_row,
    rows,
    sign_in,
)
from tests.accounts.post import open_post

NEWCOMER = {"email": "New@Example.org", "name": "Nila", "password": PASSWORD}
APPLICANT = {**NEWCOMER, "wished_store": "Corner Shop"}
ROUTES = {"/auth/sign-up": NEWCOMER, "/auth/manager-applications": APPLICANT}
PAGES = {"/sign-up": NEWCOMER, "/apply": APPLICANT}
SMUGGLED = {
    "role": "admin", "status": "active", "store": "corner-shop", "store_id": 1, "owner": True,
    "token_version": 9, "verified_at": "2026-01-01T00:00:00Z", "permissions": ["write:people"],
    "id": 1, "uid": "x", "password_hash": "x", "is_admin": True,
}  # fmt: skip


@pytest.fixture
def visitor(app: Any) -> Visitor:
    return Visitor(app.test_client())


def test_a_customer_is_active_at_once_and_gets_no_token(visitor: Visitor) -> None:
    answer = visitor.post("/auth/sign-up", NEWCOMER)
    assert answer.status_code == 202
    assert set(answer.json) == {"detail"}
    assert "Set-Cookie" not in answer.headers
    row = person_row("new@example.org")
    assert (row.role, row.status, row.name) == ("customer", "active", "Nila")
    history = [(step.from_status, step.to_status) for step in rows(AccountEvent)]
    assert history == [(None, "active")]
    visitor.tokens = sign_in("new@example.org")
    assert visitor.get("/me").json["email"] == "new@example.org"


def test_a_manager_waits_with_an_application(visitor: Visitor) -> None:
    assert visitor.post("/auth/manager-applications", APPLICANT).status_code == 202
    row = person_row("new@example.org")
    assert (row.role, row.status) == ("manager", "pending")
    (application,) = rows(Approval)
    assert (application.wished_store, application.status) == ("Corner Shop", "requested")
    visitor.tokens = sign_in("new@example.org")
    assert visitor.get("/me/manager-application").json["status"] == "requested"
    assert "write:store_products" not in visitor.get("/me").json["permissions"]


@pytest.mark.parametrize("route", ROUTES)
def test_no_privileged_field_in_the_body(visitor: Visitor, route: str) -> None:
    for field, value in SMUGGLED.items():
        answer = visitor.post(route, {**ROUTES[route], field: value})
        assert answer.status_code == 422, field
        (error,) = answer.json["errors"]
        assert (error["code"], error["pointer"]) == ("forbidden_field", f"/{field}")
    assert rows(Account) == []


@pytest.mark.parametrize("route", ROUTES)
def test_no_field_in_the_query(visitor: Visitor, route: str) -> None:
    answer = visitor.post(f"{route}?role=admin&colour=red", ROUTES[route])
    assert answer.status_code == 422
    codes = {error["pointer"]: error["code"] for error in answer.json["errors"]}
    assert codes == {"/role": "forbidden_field", "/colour": "unknown_field"}
    assert rows(Account) == []


@pytest.mark.parametrize("page", PAGES)
def test_no_privileged_field_in_a_page(visitor: Visitor, page: str) -> None:
    smuggled = {**PAGES[page], "role": "admin"}
    in_form = visitor.client.post(page, data=smuggled, headers=OWN_ORIGIN)
    in_query = visitor.client.post(f"{page}?role=admin", data=PAGES[page], headers=OWN_ORIGIN)
    assert (in_form.status_code, in_query.status_code) == (422, 422)
    assert rows(Account) == []


@pytest.mark.parametrize("route", ROUTES)
def test_a_known_address_gets_the_same_answer_for_the_same_work(
    app: Any, visitor: Visitor, route: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    join(app, "customer", "known@example.org")
    before = person_row("known@example.org")
    hashed: list[str] = []
    real = passwords.hash_password
    monkeypatch.setattr(passwords, "hash_password", lambda word: hashed.append(word) or real(word))

    other = "another long password"
    known = visitor.post(route, {**ROUTES[route], "email": "KNOWN@example.org", "password": other})
    new = visitor.post(route, {**ROUTES[route], "password": other})

    assert (known.status_code, known.data) == (new.status_code, new.data)
    assert set(known.headers.keys()) == set(new.headers.keys())
    assert hashed == [other, other]
    assert person_row("known@example.org") == before
    mails = [row.kind for row in rows(Outbox)]
    assert mails == ["sign_up_known"]
    (link,) = rows(AccountLink)
    assert (link.account_id, link.purpose) == (before.id, "known")
    assert rows(Outbox)[0].payload == {"link_id": link.id}


def test_the_owner_is_told_once_a_day(app: Any, settings: Settings, visitor: Visitor) -> None:
    join(app, "customer", "known@example.org")
    for post in open_post(settings):
        for _ in range(3):
            visitor.post("/auth/sign-up", {**NEWCOMER, "email": "known@example.org"})
        assert [mail["To"] for mail in post.arrives()] == ["known@example.org"]
        with clock.frozen(clock.utc_now() + timedelta(hours=25)):
            visitor.post("/auth/sign-up", {**NEWCOMER, "email": "known@example.org"})
            assert len(post.arrives()) == 1


def test_every_error_is_told_at_its_field(visitor: Visitor) -> None:
    answer = visitor.post("/auth/sign-up", {"email": "no", "name": " ", "password": "short"})
    assert answer.status_code == 422
    pointers = [error["pointer"] for error in answer.json["errors"]]
    assert pointers == ["/email", "/name", "/password"]
    assert rows(Account) == []


def test_sign_ups_are_counted_per_address(visitor: Visitor) -> None:
    seen = [visitor.post("/auth/sign-up", NEWCOMER).status_code for _ in range(6)]
    assert seen == [202] * 5 + [429]


def test_the_pages_join_too(visitor: Visitor) -> None:
    client = visitor.client
    joined = client.post("/sign-up", data={**NEWCOMER, "return_to": "/"}, headers=OWN_ORIGIN)
    assert joined.status_code == 303
    assert joined.location.startswith("/sign-in")
    again = client.post("/sign-up", data={**NEWCOMER, "email": "x"}, headers=OWN_ORIGIN)
    assert again.status_code == 422
    assert b'value="Nila"' in again.data
    assert PASSWORD.encode() not in again.data
    form = {**APPLICANT, "email": "m@example.org"}
    assert client.post("/apply", data=form, headers=OWN_ORIGIN).status_code == 200
    assert person_row("m@example.org").status == "pending"
