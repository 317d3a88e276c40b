"""Forgotten passwords: a link that works once, for a while, for one password, and tells nobody."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from kirana import check
from kirana.accounts import passwords, services
from kirana.accounts.errors import LinkRefused
from kirana.accounts.models import AccountLink
from kirana.accounts.recovery_shapes import Forgotten, PasswordReset
from kirana.accounts.services.links import purge_links
from kirana.platform import clock
from kirana.platform.access import GUEST, SYSTEM
from kirana.platform.audit import AuditEvent
from kirana.platform.config import Settings
from kirana.platform.db import query
from kirana.platform.outbox import Outbox
from kirana.platform.tokens import hash_secret
from kirana.schema import metadata
from tests.accounts.factors import add_passkey, sign_in_challenge
from tests.accounts.people import OWN_ORIGIN, PASSWORD, Visitor, join, person_row, rows
from tests.accounts.post import Post, link_in, open_post, set_account
from tests.machinery import memory

NEW = "a kettle of green tea"
ASK = "/auth/password-resets"
COMPLETE = "/auth/password-resets/completion"


@pytest.fixture
def post(app: Any, settings: Settings) -> Iterator[Post]:
    yield from open_post(settings)


@pytest.fixture
def asha(app: Any) -> Visitor:
    join(app, "admin")
    return join(app, email="asha@example.org")


@pytest.fixture
def visitor(app: Any) -> Visitor:
    return Visitor(app.test_client())


def ask(email: str = "asha@example.org") -> None:
    services.ask_for_reset(Forgotten(email))


def complete(visitor: Visitor, token: str, password: str = NEW) -> Any:
    return visitor.post(COMPLETE, {"token": token, "new_password": password})


def enters(visitor: Visitor, password: str, email: str = "asha@example.org") -> bool:
    answer = visitor.post("/auth/sign-in", {"email": email, "password": password})
    return bool(answer.status_code == 201)


def test_a_forgotten_password_is_set_anew(asha: Visitor, visitor: Visitor, post: Post) -> None:
    answer = visitor.post(ASK, {"email": " ASHA@example.org"})
    assert answer.status_code == 202
    (mail,) = post.arrives()
    assert mail["To"] == "asha@example.org"
    start, page, token = link_in([mail])
    assert (start, page) == ("http://localhost:8000", "reset")
    assert complete(visitor, token).status_code == 204
    assert asha.get("/me").status_code == 401
    assert not enters(visitor, PASSWORD)
    assert enters(visitor, NEW)
    (told,) = post.arrives()
    assert (told["To"], told["Subject"]) == (
        "asha@example.org", "Your password at Kirana was changed",
    )  # fmt: skip
    deeds = [(deed.action, deed.object_key) for deed in rows(AuditEvent)]
    assert ("account.password_reset", asha.uid) in deeds
    assert check.run() == []


def test_the_link_works_once(asha: Visitor, visitor: Visitor, post: Post) -> None:
    ask()
    token = post.token()
    assert complete(visitor, token).status_code == 204
    again = complete(visitor, token, "some other long words")
    assert (again.status_code, again.json["code"]) == (410, "link_refused")
    assert enters(visitor, NEW)


def test_the_link_lives_for_30_minutes_from_its_mail(
    asha: Visitor, visitor: Visitor, post: Post
) -> None:
    ask()
    begun = clock.utc_now()
    with clock.frozen(begun + timedelta(hours=3)):  # the mail server was away
        token = post.token()
    with clock.frozen(begun + timedelta(hours=3, minutes=29, seconds=59)):
        assert complete(visitor, token, "short").status_code == 422
    with clock.frozen(begun + timedelta(hours=3, minutes=30, seconds=1)):
        assert complete(visitor, token).status_code == 410
    assert enters(visitor, PASSWORD)


def test_a_refused_password_leaves_the_link_good(
    asha: Visitor, visitor: Visitor, post: Post
) -> None:
    ask()
    token = post.token()
    for weak in ("short", "password123", "asha2026", "x" * 129):
        answer = complete(visitor, token, weak)
        assert [error["pointer"] for error in answer.json["errors"]] == ["/new_password"]
    assert complete(visitor, token).status_code == 204


@pytest.mark.parametrize("ending", ["password", "reset", "email", "suspended"])
def test_what_ends_a_link(asha: Visitor, visitor: Visitor, post: Post, ending: str) -> None:
    ask()
    token = post.token()
    if ending == "password":
        change = {"current_password": PASSWORD, "new_password": "another long password"}
        assert asha.call("PUT", "/me/password", change).status_code == 200
    elif ending == "reset":
        ask()
        (mail,) = post.arrives()
        assert complete(visitor, link_in([mail])[2]).status_code == 204
    elif ending == "email":
        set_account(asha.email, email="moved@example.org")
    else:
        services.suspend(SYSTEM, asha.uid, "unpaid bills")
    assert complete(visitor, token, "yet another password").status_code == 410


@pytest.mark.parametrize("change", ["password", "suspended", "closed"])
def test_no_mail_when_it_is_of_no_use_any_more(asha: Visitor, post: Post, change: str) -> None:
    ask()
    values = {"password_hash": "-"} if change == "password" else {"status": change}
    set_account(asha.email, **values)
    assert post.arrives() == []


def test_unknown_tokens_are_refused_before_the_costly_hash(
    asha: Visitor, visitor: Visitor, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "hash_password", lambda _: pytest.fail("hashed for nobody"))
    for token in ("", "x" * 43, "x" * 1024, "ä", "\U0001f336"):
        assert complete(visitor, token).status_code == 410


def test_a_link_is_of_its_own_purpose(asha: Visitor, visitor: Visitor, post: Post) -> None:
    ask()
    token = post.token()
    answer = visitor.post("/auth/email-confirmations/completion", {"token": token})
    assert answer.status_code == 410
    set_account(asha.email, verified_at=None)
    services.ask_for_confirmation(Forgotten(asha.email))
    assert complete(visitor, post.token()).status_code == 410


def test_a_mail_that_is_sent_again_holds_the_same_link(
    asha: Visitor, visitor: Visitor, post: Post
) -> None:
    ask()
    post.sink.plan[:] = ["lose"]
    first = link_in(post.arrives())[2]
    with clock.frozen(clock.utc_now() + timedelta(minutes=40)):
        second = post.token()
        assert first == second
        assert complete(visitor, second).status_code == 204


@query
def everything(connection: Connection) -> str:
    tables = (connection.execute(table.select()).all() for table in metadata.sorted_tables)
    return "\n".join(str(row) for found in tables for row in found)


def test_the_database_never_holds_the_token(asha: Visitor, visitor: Visitor, post: Post) -> None:
    ask()
    payload = rows(Outbox)[0].payload
    assert payload == {"link_id": rows(AccountLink)[0].id}
    token = post.token()
    assert hash_secret(token) in everything()
    assert token not in everything()
    complete(visitor, token)
    assert token not in everything()
    assert check.run() == []


@pytest.mark.parametrize("headers", [
    {"Host": "evil.example"}, {"X-Forwarded-Host": "evil.example"},
    {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example",
     "X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "/evil", "X-Original-URL": "/evil"},
])  # fmt: skip
@pytest.mark.parametrize("path", ["/api/v1/auth/password-resets", "/forgot"])
def test_links_begin_with_our_own_address_whatever_the_caller_says(
    asha: Visitor, settings: Settings, home: Path, post: Post, headers: dict[str, str], path: str
) -> None:
    own = replace(settings, base_url="https://kirana.example")
    client = memory.make_app(own, home).test_client()
    for made in open_post(settings):
        body = {"email": asha.email}
        sent = {"json": body} if path.startswith("/api") else {"data": body}
        client.post(path, headers=headers, **sent)
        mails = made.arrives()
        assert all("evil" not in str(mail) for mail in mails)
        for mail in mails:  # an app that refuses the host sends nothing, which is as good
            assert link_in([mail])[0] == "https://kirana.example"


def test_asking_is_limited_per_account_in_silence(
    asha: Visitor, visitor: Visitor, post: Post
) -> None:
    answers = [visitor.post(ASK, {"email": asha.email}) for _ in range(5)]
    assert {(answer.status_code, answer.data) for answer in answers} == {
        (202, answers[0].data),
    }
    assert len(post.arrives()) == 3


def test_asking_is_limited_per_network_address(visitor: Visitor) -> None:
    seen = [visitor.post(ASK, {"email": f"no{n}@example.org"}).status_code for n in range(11)]
    assert seen == [202] * 10 + [429]


def test_old_rows_are_forgotten(asha: Visitor, post: Post) -> None:
    ask()
    ask("nobody@example.org")
    assert purge_links() == 0
    with clock.frozen(clock.utc_now() + timedelta(days=8)):
        assert purge_links() == 2


class TestPages:
    def test_from_the_mail_to_a_new_password(self, asha: Visitor, app: Any, post: Post) -> None:
        client = app.test_client()
        client.post(
            "/sign-in", data={"email": asha.email, "password": PASSWORD}, headers=OWN_ORIGIN
        )
        asked = client.post("/forgot", data={"email": asha.email}, headers=OWN_ORIGIN)
        assert asked.status_code == 200
        token = post.token()
        opened = client.get(f"/reset/{token}")
        assert (opened.status_code, opened.location) == (303, "/reset")
        assert opened.headers["Referrer-Policy"] == "no-referrer"
        assert opened.headers["Cache-Control"] == "no-store"
        cookie = opened.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "Max-Age=1800" in cookie
        page = client.get("/reset")
        assert page.status_code == 200
        assert token.encode() not in page.data
        assert page.headers["Cache-Control"] == "no-store"
        weak = client.post("/reset", data={"new_password": "password1"}, headers=OWN_ORIGIN)
        assert weak.status_code == 422
        assert b"harder to guess" in weak.data
        done = client.post("/reset", data={"new_password": NEW}, headers=OWN_ORIGIN)
        assert (done.status_code, done.location) == (303, "/sign-in")
        assert client.get_cookie("link") is None
        assert client.get_cookie("access") is None
        told = client.get("/sign-in")
        assert b"signed out everywhere" in told.data
        assert enters(Visitor(client), NEW)

    def test_a_dead_link_says_what_to_do(self, asha: Visitor, app: Any, post: Post) -> None:
        client = app.test_client()
        for path in ("/reset", "/confirm"):
            assert client.get(path).status_code == 410
            page = client.get(f"{path}/{'x' * 43}", follow_redirects=True)
            assert page.status_code == 410
            assert b"/forgot" in page.data
            client.get(f"{path}/nonsense")
            assert client.get_cookie("link") is None
        answer = client.post("/reset", data={"new_password": NEW}, headers=OWN_ORIGIN)
        assert answer.status_code == 410

    def test_another_site_cannot_send_the_form(self, asha: Visitor, app: Any, post: Post) -> None:
        client = app.test_client()
        services.ask_for_reset(Forgotten(asha.email))
        client.get(f"/reset/{post.token()}")
        for headers in ({"Origin": "https://evil.example"}, {}):
            answer = client.post("/reset", data={"new_password": NEW}, headers=headers)
            assert answer.status_code == 403
        assert enters(Visitor(app.test_client()), PASSWORD)

    def test_a_failure_writes_no_token_into_the_log(
        self, app: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def fail(*_args: str) -> None:
            raise RuntimeError("broken")

        monkeypatch.setattr("kirana.accounts.pages.recovery._keep", fail)
        token = "x" * 43
        assert app.test_client().get(f"/reset/{token}").status_code == 500
        assert "/reset/<token>" in caplog.text
        assert token not in caplog.messages[-1]

    def test_opening_a_link_changes_nothing(self, asha: Visitor, app: Any, post: Post) -> None:
        ask()
        token = post.token()
        before = (person_row(asha.email), rows(AccountLink))
        for _ in range(3):
            app.test_client().get(f"/reset/{token}", follow_redirects=True)
        assert (person_row(asha.email), rows(AccountLink)) == before

    def test_the_page_is_the_same_for_a_stranger(self, asha: Visitor, app: Any) -> None:
        pages = []
        for email in ("asha@example.org", "nobo@example.org"):
            data = app.test_client().post("/forgot", data={"email": email}).data
            pages.append(data.replace(email.encode(), b""))
        assert pages[0] == pages[1]

    def test_no_address_is_told_at_the_field(self, app: Any) -> None:
        answer = app.test_client().post("/forgot", data={"email": "no address"})
        assert answer.status_code == 422
        assert b'value="no address"' in answer.data


def test_services_refuse_what_never_was(app: Any) -> None:
    with pytest.raises(LinkRefused):
        services.reset_password(GUEST, PasswordReset("x" * 43, NEW))


@pytest.mark.parametrize("owner_was_known", [False, True])
def test_a_stranger_who_was_there_first_is_out(
    app: Any, visitor: Visitor, asha: Visitor, post: Post, owner_was_known: bool
) -> None:
    """Whoever signs up with somebody's address and adds a passkey loses both to the owner; the
    passkey of an owner who has shown that the address is theirs stays."""
    device, _answer = add_passkey(asha)
    if not owner_was_known:
        set_account(asha.email, verified_at=None)
    ask()
    assert complete(visitor, post.token()).status_code == 204
    entered = visitor.post("/auth/passkey-sign-in", device.use(sign_in_challenge(visitor)))
    assert entered.status_code == (201 if owner_was_known else 401)
