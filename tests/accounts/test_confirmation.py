"""Where addresses are confirmed: nobody gets in before, and nothing tells who has an account."""

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kirana import check
from kirana.accounts import passwords, services
from kirana.accounts.recovery_shapes import Forgotten
from kirana.platform import clock
from kirana.platform.audit import AuditEvent
from kirana.platform.config import Settings
from kirana.reports.queries import customers_after
from tests.accounts.people import OWN_ORIGIN, PASSWORD, Visitor, join, person_row, rows, sign_in
from tests.accounts.post import LINK, Post, open_post, set_account, text_of
from tests.cart.counting import counted
from tests.jobs.rows import add_store
from tests.machinery import memory

NILA = {"email": "nila@example.org", "name": "Nila", "password": PASSWORD}


@pytest.fixture(params=["true"])
def confirming(request: pytest.FixtureRequest, settings: Settings) -> Settings:
    """A shop that asks for it, with limits that no test reaches."""
    limits = {item.name: 100_000 for item in fields(Settings) if "_per_" in item.name}
    return replace(settings, verify_email=request.param, **limits)  # type: ignore[arg-type]


@pytest.fixture
def strict_app(database: Any, confirming: Settings, home: Path) -> Any:
    return memory.make_app(confirming, home)


@pytest.fixture
def post(strict_app: Any, confirming: Settings) -> Iterator[Post]:
    yield from open_post(confirming)


@pytest.fixture
def visitor(strict_app: Any) -> Visitor:
    return Visitor(strict_app.test_client())


def enter(visitor: Visitor, password: str = PASSWORD) -> tuple[int, str]:
    answer = visitor.post("/auth/sign-in", {"email": NILA["email"], "password": password})
    return answer.status_code, answer.json.get("code", "")


def confirm(visitor: Visitor, token: str, password: str = NILA["password"]) -> int:
    path = "/auth/email-confirmations/completion"
    return int(visitor.post(path, {"token": token, "password": password}).status_code)


@pytest.mark.parametrize("confirming", ["true"], indirect=True)
def test_who_opens_the_mail_shows_that_they_signed_up(visitor: Visitor, post: Post) -> None:
    """Else whoever signs up with somebody's address is let in by the click of its owner."""
    visitor.post("/auth/sign-up", NILA)
    token = post.token()
    assert confirm(visitor, token, "") == confirm(visitor, token, "not the one") == 422
    assert person_row(NILA["email"]).verified_at is None
    assert confirm(visitor, token) == 204


def test_it_is_on_in_production_and_off_elsewhere() -> None:
    assert Settings(env="production").confirms_addresses
    assert not Settings(env="development").confirms_addresses
    assert not Settings(env="test").confirms_addresses
    assert Settings(env="test", verify_email="true").confirms_addresses
    assert not Settings(env="production", verify_email="false").confirms_addresses


@pytest.mark.parametrize("route", ["/auth/sign-up", "/auth/manager-applications"])
def test_a_newcomer_gets_in_by_the_link(visitor: Visitor, post: Post, route: str) -> None:
    join(visitor.client.application, "admin")
    more = {"wished_store": "Corner Shop"} if "manager" in route else {}
    assert visitor.post(route, {**NILA, **more}).status_code == 202
    assert enter(visitor, "not the password") == (401, "sign_in_failed")
    assert enter(visitor) == (403, "address_unconfirmed")
    token = post.token()
    assert person_row(NILA["email"]).verified_at is None
    assert confirm(visitor, token) == 204
    assert person_row(NILA["email"]).verified_at is not None
    assert enter(visitor) == (201, "")
    assert confirm(visitor, token) == 410
    assert "account.email_confirmed" in [deed.action for deed in rows(AuditEvent)]
    assert check.run() == []


def test_the_link_is_sent_again_to_who_waits_only(visitor: Visitor, post: Post) -> None:
    visitor.post("/auth/sign-up", NILA)
    post.arrives()
    with clock.frozen(clock.utc_now() + timedelta(minutes=45)):
        visitor.post("/auth/email-confirmations", {"email": NILA["email"]})
        assert confirm(visitor, post.token()) == 204
        visitor.post("/auth/email-confirmations", {"email": NILA["email"]})
        visitor.post("/auth/email-confirmations", {"email": "nobody@example.org"})
        assert post.arrives() == []


def test_three_mails_an_hour_are_enough(app: Any, settings: Settings) -> None:
    asha = join(app, email=NILA["email"])
    set_account(asha.email, verified_at=None)
    for made in open_post(settings):
        asks = [asha.post("/auth/email-confirmations", {"email": asha.email}) for _ in range(5)]
        assert {answer.status_code for answer in asks} == {202}
        assert len(made.arrives()) == 3


def test_a_reset_shows_whose_mailbox_it_is_too(visitor: Visitor, post: Post) -> None:
    """Who finds that somebody else signed up with their address takes it back."""
    visitor.post("/auth/sign-up", {**NILA, "password": "of somebody else"})
    theirs = post.token()
    services.ask_for_reset(Forgotten(NILA["email"]))
    body = {"token": post.token(), "new_password": PASSWORD}
    assert visitor.post("/auth/password-resets/completion", body).status_code == 204
    assert enter(visitor, "of somebody else") == (401, "sign_in_failed")
    assert enter(visitor) == (201, "")
    assert confirm(visitor, theirs) == 410


@pytest.mark.parametrize("is_refused", [False, True])
def test_a_strangers_application_ends_with_the_reset(
    visitor: Visitor, post: Post, is_refused: bool
) -> None:
    """Else the owner of the address could not shop: their account would wait to run a store."""
    admin = join(visitor.client.application, "admin")
    body = {
        **NILA,
        "name": "Of a stranger",
        "wished_store": "Corner",
        "password": "kettles, not hers",
    }
    assert visitor.post("/auth/manager-applications", body).status_code == 202
    if is_refused:
        uid = admin.get("/manager-applications").json["items"][0]["uid"]
        path = f"/manager-applications/{uid}/rejection"
        assert admin.post(path, {"reason": "too far away"}).status_code == 200
    services.ask_for_reset(Forgotten(NILA["email"]))
    found = [link for mail in post.arrives() for link in LINK.findall(text_of(mail))]
    [token] = [token for _, page, token in found if page == "reset"]
    new = {"token": token, "new_password": PASSWORD}
    assert visitor.post("/auth/password-resets/completion", new).status_code == 204
    nila = Visitor(visitor.client, NILA["email"], sign_in(NILA["email"]))
    me = nila.get("/me").json
    assert (me["role"], me["status"], me["name"]) == ("customer", "active", "nila")
    assert nila.get("/orders").status_code == 200
    assert admin.get("/manager-applications?status=requested").json["items"] == []
    assert check.run() == []


def test_no_word_of_a_stranger_is_mailed(visitor: Visitor, post: Post) -> None:
    visitor.post("/auth/sign-up", {**NILA, "name": "You have won"})
    visitor.post("/auth/sign-up", NILA)
    services.ask_for_reset(Forgotten(NILA["email"]))
    mails = post.arrives()
    assert len(mails) == 3
    for mail in mails:
        assert "Hello there," in text_of(mail)
        assert "You have won" not in text_of(mail) + text_of(mail, "html")


def test_who_signs_up_again_cannot_change_the_password_that_waits(
    visitor: Visitor, post: Post
) -> None:
    visitor.post("/auth/sign-up", NILA)
    visitor.post("/auth/sign-up", {**NILA, "password": "of somebody else"})
    mails = post.arrives()
    assert [mail["Subject"] for mail in mails] == [
        "Confirm your address at Kirana", "You already have an account at Kirana",
    ]  # fmt: skip
    assert "/confirm/" not in text_of(mails[1])
    assert enter(visitor, "of somebody else") == (401, "sign_in_failed")


def test_operators_answer_for_the_addresses_they_type(strict_app: Any, post: Post) -> None:
    asha = join(strict_app)
    assert person_row(asha.email).verified_at is not None
    assert post.arrives() == []


@pytest.mark.parametrize("confirming", ["true", "false"], indirect=True)
def test_the_unconfirmed_get_no_monthly_report(
    strict_app: Any, confirming: Settings, visitor: Visitor
) -> None:
    add_store("corner")
    asha = join(strict_app)
    visitor.post("/auth/sign-up", NILA)
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    for email in (asha.email, NILA["email"]):
        set_account(email, created_at=long_ago)
    told = {found.email for found in customers_after(0, 10, "2026-09")}
    assert told == ({asha.email} if confirming.confirms_addresses else {asha.email, NILA["email"]})


def test_the_pages(strict_app: Any, post: Post) -> None:
    client = strict_app.test_client()
    joined = client.post("/sign-up", data={**NILA, "return_to": ""}, headers=OWN_ORIGIN)
    assert (joined.status_code, NILA["email"] in joined.text) == (200, True)
    assert "See your mail" in joined.text
    assert 'action="/confirm/again"' in joined.text
    form = {"email": NILA["email"], "password": PASSWORD, "return_to": ""}
    refused = client.post("/sign-in", data=form, headers=OWN_ORIGIN)
    assert refused.status_code == 403
    assert b'action="/confirm/again"' in refused.data
    wrong = {**form, "password": "not the password"}
    unsure = client.post("/sign-in", data=wrong, headers=OWN_ORIGIN)
    assert b'action="/confirm/again"' not in unsure.data
    post.arrives()
    again = client.post("/confirm/again", data={"email": NILA["email"]}, headers=OWN_ORIGIN)
    assert (again.status_code, "See your mail" in again.text) == (200, True)
    token = post.token()
    opened = client.get(f"/confirm/{token}")
    assert (opened.status_code, opened.location) == (303, "/confirm")
    assert opened.headers["Referrer-Policy"] == "no-referrer"
    page = client.get("/confirm")
    assert NILA["email"].encode() in page.data
    assert b"To take the account over" in page.data
    assert token.encode() not in page.data
    assert person_row(NILA["email"]).verified_at is None, "a link that is opened changes nothing"
    wrong = client.post("/confirm", data={"password": "not the one"}, headers=OWN_ORIGIN)
    assert (wrong.status_code, b"not the password of the account" in wrong.data) == (422, True)
    password = {"password": NILA["password"]}
    done = client.post("/confirm", data=password, headers=OWN_ORIGIN)
    assert (done.status_code, done.location) == (303, "/sign-in")
    assert client.post("/sign-in", data=form, headers=OWN_ORIGIN).status_code == 303
    assert client.post("/confirm", headers=OWN_ORIGIN).status_code == 410


# ---- known and unknown are alike

STATES = ("unknown", "known", "unconfirmed", "suspended", "closed", "pending")
JOINING = {"name": "Nila", "password": "a kettle of green tea"}
WRONG = {"password": "not the password"}
ASKED: dict[str, tuple[str, dict[str, str]]] = {
    "sign-up": ("/api/v1/auth/sign-up", JOINING),
    "application": ("/api/v1/auth/manager-applications", {**JOINING, "wished_store": "Corner"}),
    "sign-in": ("/api/v1/auth/sign-in", WRONG),
    "forgot": ("/api/v1/auth/password-resets", {}),
    "again": ("/api/v1/auth/email-confirmations", {}),
    "sign-up page": ("/sign-up", {**JOINING, "return_to": ""}),
    "application page": ("/apply", {**JOINING, "wished_store": "Corner"}),
    "sign-in page": ("/sign-in", {**WRONG, "return_to": ""}),
    "forgot page": ("/forgot", {}),
    "again page": ("/confirm/again", {}),
}
# Where nothing is confirmed, trying to sign up and then to sign in tells it: docs/operations.md.
WITHOUT = [name for name in ASKED if not name.startswith(("sign-up", "application"))]


def somebody(app: Any, state: str, name: str) -> str:
    """The address of somebody in ``state``."""
    email = f"{state}.{name.replace(' ', '.')}@example.org"
    if state == "unknown":
        return email
    if state == "pending":
        body = {"email": email, **ASKED["application"][1]}
        assert Visitor(app.test_client()).post("/auth/manager-applications", body)
        return email
    join(app, email=email)
    if state == "unconfirmed":
        set_account(email, verified_at=None)
    elif state != "known":
        set_account(email, status=state)
    return email


def asked(app: Any, name: str, email: str) -> dict[str, Any]:
    """Everything that a caller could see of an answer, and the work that went into it."""
    path, more = ASKED[name]
    body = {"email": email, **more}
    sent: dict[str, Any] = {"json": body} if path.startswith("/api") else {"data": body}
    with counted() as statements:
        answer = app.test_client().post(path, headers=OWN_ORIGIN, **sent)
    identity = answer.headers["X-Request-Id"].encode()
    headers = {k: v for k, v in answer.headers.items() if k not in ("X-Request-Id", "Set-Cookie")}
    body_text = answer.data.replace(email.encode(), b"").replace(identity, b"")
    headers.pop("Content-Length")
    headers.pop("RateLimit", None)  # how often this test has asked so far
    cookies = [cookie.partition("=")[0] for cookie in answer.headers.getlist("Set-Cookie")]
    return {
        "status": answer.status_code, "headers": headers, "cookies": cookies, "body": body_text,
        "statements": list(statements),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "confirming"),
    [*((name, "true") for name in ASKED), *((name, "false") for name in WITHOUT)],
    indirect=["confirming"],
)
def test_nothing_tells_known_from_unknown(
    strict_app: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    emails = {state: somebody(strict_app, state, name) for state in STATES}
    hashed: list[str] = []
    for work in ("hash_password", "matches"):
        real = getattr(passwords, work)
        monkeypatch.setattr(passwords, work, lambda *a, r=real, w=work: hashed.append(w) or r(*a))
    asked(strict_app, name, "first@example.org")  # what is read once in a process is read now
    found = {}
    for state, email in emails.items():
        hashed.clear()
        found[state] = {**asked(strict_app, name, email), "hashed": list(hashed)}
    assert found["unknown"]["statements"]
    for state in STATES[1:]:
        assert found[state] == found["unknown"], state
