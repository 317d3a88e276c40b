"""Signing in: alike for strangers, rehashing, limits, and the guest who becomes somebody."""

import re
from dataclasses import replace
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Connection, update

from kirana.accounts import passwords, services, web_session
from kirana.accounts.models import Account, Session
from kirana.platform import announce
from kirana.platform.access import SYSTEM
from kirana.platform.audit import AuditEvent
from kirana.platform.db import in_transaction, verb
from kirana.platform.tokens import hash_secret
from tests.accounts.people import OWN_ORIGIN, PASSWORD, Visitor, join, person_row, rows


@verb
def store_hash(connection: Connection, email: str, hashed: str) -> None:
    connection.execute(update(Account).where(Account.email == email).values(password_hash=hashed))


def try_password(client: Any, email: str, password: str = PASSWORD) -> Any:
    return Visitor(client).post("/auth/sign-in", {"email": email, "password": password})


def test_the_tokens(app: Any, client: Any) -> None:
    join(app, email="asha@example.org")
    answer = try_password(client, " ASHA@example.org")
    assert answer.status_code == 201
    assert answer.json["token_type"] == "Bearer"
    assert answer.json["expires_in"] == 900
    assert answer.headers["Cache-Control"] == "no-store"
    kept = rows(Session)[-1]
    secret = answer.json["refresh_token"]
    assert kept.current_hash == hash_secret(secret)
    assert secret not in str(kept)


def test_unknown_and_wrong_are_alike(
    app: Any, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    join(app, email="asha@example.org")
    checked: list[str] = []
    real = passwords.matches
    monkeypatch.setattr(
        passwords, "matches", lambda stored, word: checked.append(word) or real(stored, word)
    )
    answers = [
        try_password(client, email, "not the password")
        for email in ("asha@example.org", "nobody@example.org", "not an address")
    ]
    problems = [{**answer.json, "request_id": ""} for answer in answers]
    assert problems[0] == problems[1] == problems[2]
    assert problems[0]["code"] == "sign_in_failed"
    assert [answer.status_code for answer in answers] == [401] * 3
    assert checked == ["not the password"] * 3


def test_a_suspended_person_is_told_only_after_the_right_password(app: Any, client: Any) -> None:
    asha = join(app, email="asha@example.org")
    services.suspend(SYSTEM, asha.uid, "unpaid bills")
    assert try_password(client, asha.email, "not the password").json["code"] == "sign_in_failed"
    answer = try_password(client, asha.email)
    assert (answer.status_code, answer.json["code"]) == (403, "account_suspended")
    services.reinstate(SYSTEM, asha.uid)
    assert try_password(client, asha.email).status_code == 201


@pytest.mark.usefixtures("costly_passwords")
def test_a_hash_of_other_costs_is_made_anew(app: Any, client: Any) -> None:
    asha = join(app, email="asha@example.org")
    cheap = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1)
    store_hash(asha.email, cheap.hash(PASSWORD))
    assert try_password(client, asha.email, "not the password").status_code == 401
    assert passwords.is_outdated(person_row(asha.email).password_hash)
    assert try_password(client, asha.email).status_code == 201
    assert not passwords.is_outdated(person_row(asha.email).password_hash)
    assert try_password(client, asha.email).status_code == 201


def test_tries_are_counted_per_account_before_the_hash(
    app: Any, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    join(app, email="asha@example.org")
    seen = [try_password(client, "asha@example.org", "wrong one").status_code for _ in range(5)]
    assert seen == [401] * 5
    monkeypatch.setattr(passwords, "matches", lambda *_: pytest.fail("hashed beyond the limit"))
    answer = try_password(client, "ASHA@example.org ")
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert re.search(r"Try again in (\d+ seconds|\d minutes?)\.", answer.json["detail"])


@pytest.mark.parametrize("email", ["asha@example.org", "nobody@example.org"])
def test_too_many_tries_leave_one_row_an_hour_for_known_and_unknown_alike(
    app: Any, client: Any, email: str, monkeypatch: pytest.MonkeyPatch, statements: list[str]
) -> None:
    asha = join(app, email="asha@example.org")
    monkeypatch.setattr(passwords, "matches", lambda *_: False)
    for _ in range(5):
        try_password(client, email)
    statements.clear()
    assert [try_password(client, email).status_code for _ in range(3)] == [429] * 3
    begun = [text.split()[0] for text in statements if text.split()[0] in ("SELECT", "INSERT")]
    assert [text for text in begun if text != "SELECT"] == ["INSERT"], "one row, whoever it is"
    noted = [row.object_key for row in rows(AuditEvent) if row.action == "session.refused"]
    assert noted == [asha.uid if email == asha.email else "unknown"]


def test_the_rows_about_tries_cannot_fill_the_disk(
    app: Any, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(app.config["SETTINGS"], sign_in_per_minute=1, sign_in_per_address=10_000)
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    monkeypatch.setattr(passwords, "matches", lambda *_: False)
    monkeypatch.setattr(web_session, "NOTED_PER_HOUR", 3)
    for number in range(5):
        seen = [try_password(client, f"no{number}@example.org").status_code for _ in range(2)]
        assert seen == [401, 429]
    assert [row.action for row in rows(AuditEvent)].count("session.refused") == 3


@pytest.mark.parametrize(
    ("page", "limit"),
    [("/sign-in", "sign_in_per_address"), ("/forgot", "forgot_per_address")]
    + [(page, "sign_up_per_hour") for page in ("/sign-up", "/apply")],
)
def test_a_page_beyond_its_limit_keeps_what_was_typed(
    app: Any, client: Any, page: str, limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], **{limit: 1}))
    monkeypatch.setattr(passwords, "matches", lambda *_: False)
    form = {"email": "asha@example.org"}
    if page != "/forgot":
        form |= {"password": "my secret word"}
    if page in ("/sign-up", "/apply"):
        form |= {"name": "Asha"}
    if page == "/apply":
        form |= {"wished_store": "Corner Shop"}
        wrong = {**form, "wished_store": ""}
    else:
        wrong = {**form, "email": "no address", "password": "x" * 150}
    if limit == "sign_up_per_hour":  # what is plainly wrong uses nothing up
        refused = client.post(page, data=wrong, headers=OWN_ORIGIN)
        assert refused.status_code == 422
        assert ("8 to 128 characters" in refused.text) == (page == "/sign-up")
    client.post(page, data=form, headers=OWN_ORIGIN)
    answer = client.post(page, data=form, headers=OWN_ORIGIN)
    assert answer.status_code == 429
    assert 'value="asha@example.org"' in answer.text
    assert "secret word" not in answer.text
    assert re.search(r"Too many tries\. Try again in \d+ (second|minute|hour)s?\.", answer.text)
    assert 0 < int(answer.headers["Retry-After"]) <= 3601


def test_tries_are_counted_per_address(
    app: Any, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "matches", lambda *_: False)
    seen = [try_password(client, f"no{number}@example.org").status_code for number in range(31)]
    assert seen == [401] * 30 + [429]


def test_upper_slices_hear_of_it_and_leave_notes(
    app: Any, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asha = join(app, email="asha@example.org")
    heard: list[tuple[int, str, bool]] = []

    def hear(_connection: Connection, *, account_id: int, guest_hash: str) -> str:
        heard.append((account_id, guest_hash, in_transaction()))
        return "Two things came along."

    monkeypatch.setitem(announce._subscribers, "signed_in", [hear])
    client.set_cookie("basket", "the guest's secret")
    own = {"Origin": "http://localhost"}
    form = {"email": asha.email, "password": PASSWORD, "return_to": "/account"}
    answer = client.post("/sign-in", data=form, headers=own)
    assert (answer.status_code, answer.location) == (303, "/account")
    account_id = person_row(asha.email).id
    assert heard == [(account_id, hash_secret("the guest's secret"), True)]
    assert b"Two things came along." in client.get("/account").data
    assert client.get_cookie("basket") is None


def test_a_listener_who_fails_stops_the_sign_in(
    app: Any, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asha = join(app, email="asha@example.org")
    before = len(rows(Session))

    def fail(_connection: Connection, **_facts: Any) -> str:
        raise RuntimeError("the basket is stuck")

    monkeypatch.setitem(announce._subscribers, "signed_in", [fail])
    assert try_password(client, asha.email).status_code == 500
    assert len(rows(Session)) == before


def test_the_way_back_stays_in_the_house(app: Any, client: Any) -> None:
    join(app, email="asha@example.org")
    for path in ("https://evil.example", "//evil.example", "/\\evil.example", ""):
        form = {"email": "asha@example.org", "password": PASSWORD, "return_to": path}
        answer = client.post("/sign-in", data=form, headers={"Origin": "http://localhost"})
        assert (answer.status_code, answer.location) == (303, "/")


def test_a_refused_page_keeps_the_address_and_not_the_password(app: Any, client: Any) -> None:
    form = {"email": "asha@example.org", "password": "my secret word", "return_to": ""}
    answer = client.post("/sign-in", data=form, headers={"Origin": "http://localhost"})
    assert answer.status_code == 401
    assert b'value="asha@example.org"' in answer.data
    assert b"my secret word" not in answer.data
    assert b"is not right" in answer.data


def test_a_failed_try_is_logged_without_what_was_typed(
    app: Any, caplog: pytest.LogCaptureFixture
) -> None:
    body = {"email": "nobody@example.org", "password": "my secret thoughts"}
    assert Visitor(app.test_client()).post("/auth/sign-in", body).status_code == 401
    assert "a sign-in failed, from 127.0.0.0/24" in caplog.messages
    assert not [text for text in caplog.messages if "nobody" in text or "thoughts" in text]
