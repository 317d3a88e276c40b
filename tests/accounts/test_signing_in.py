"""Signing in: alike for strangers, rehashing, limits, and the guest who becomes somebody."""

from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Connection, update

from kirana.accounts import passwords, services
from kirana.accounts.models import Account, Session
from kirana.platform import announce
from kirana.platform.access import SYSTEM
from kirana.platform.db import in_transaction, verb
from kirana.platform.tokens import hash_secret
from tests.accounts.people import PASSWORD, Visitor, join, person_row, rows


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
