"""Another address: asked for with the password, confirmed at the new one, told to the old one."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from kirana import check
from kirana.accounts.models import AccountLink
from kirana.platform import clock
from kirana.platform.audit import AuditEvent
from kirana.platform.config import Settings
from kirana.platform.outbox import Outbox
from tests.accounts.factors import add_passkey, sign_in_challenge
from tests.accounts.people import (
    OWN_ORIGIN,
    PASSWORD,
    Visitor,
    join,
    person_row,
    rows,
    sign_in,
)
from tests.accounts.post import Post, link_in, open_post

OLD, NEW = "asha@example.org", "asha.rao@example.org"
COMPLETE = "/auth/email-confirmations/completion"


@pytest.fixture
def post(app: Any, settings: Settings) -> Iterator[Post]:
    yield from open_post(settings)


@pytest.fixture
def asha(app: Any) -> Visitor:
    join(app, "admin")
    return join(app, email=OLD)


def ask(asha: Visitor, email: str = NEW, password: str = PASSWORD) -> Any:
    return asha.post("/me/email-change", {"email": email, "current_password": password})


def token_of(post: Post) -> str:
    return link_in(post.arrives())[2]


def test_from_the_old_address_to_the_new(asha: Visitor, app: Any, post: Post) -> None:
    other = Visitor(app.test_client(), OLD, sign_in(OLD))
    assert ask(asha, " Asha.Rao@Example.ORG").status_code == 202
    mails = post.arrives()
    assert sorted(str(mail["To"]) for mail in mails) == [NEW, OLD]
    assert [str(mail["To"]) for mail in mails if "/confirm/" in str(mail)] == [NEW]
    assert asha.get("/me").json["email"] == OLD, "nothing changes before the link is used"
    answer = asha.post(COMPLETE, {"token": link_in(mails)[2]})
    assert answer.status_code == 204
    assert asha.get("/me").json["email"] == NEW
    assert other.get("/me").status_code == 401, "other sessions end"
    (told,) = post.arrives()
    assert (told["To"], told["Subject"]) == (OLD, "Your address at Kirana was changed")
    deed = rows(AuditEvent)[-1]
    assert (deed.action, deed.object_key) == ("account.email_changed", person_row(NEW).uid)
    assert "example.org" not in str(deed)
    assert check.run() == []


def test_who_opens_the_link_elsewhere_ends_every_session(
    asha: Visitor, app: Any, post: Post
) -> None:
    ask(asha)
    body = {"token": token_of(post), "password": PASSWORD}
    assert Visitor(app.test_client()).post(COMPLETE, body).status_code == 204
    assert asha.get("/me").status_code == 401
    assert sign_in(NEW)


@pytest.mark.parametrize("who", ["visitor", "somebody else"])
def test_the_click_of_a_stranger_gives_no_account_their_address(
    asha: Visitor, app: Any, post: Post, who: str
) -> None:
    ask(asha)
    token = token_of(post)
    victim = Visitor(app.test_client()) if who == "visitor" else join(app)
    for password in ({}, {"password": "a kettle of green tea"}):
        answer = victim.post(COMPLETE, {"token": token, **password})
        assert [error["pointer"] for error in answer.json["errors"]] == ["/password"]
    assert person_row(OLD).uid == asha.uid
    client = app.test_client()
    client.get(f"/confirm/{token}")
    assert b'name="password"' in client.get("/confirm").data
    assert client.post("/confirm", headers=OWN_ORIGIN).status_code == 422
    tries = [victim.post(COMPLETE, {"token": token, "password": "guess"}) for _ in range(12)]
    assert tries[-1].status_code == 429


def test_an_api_key_is_no_session(asha: Visitor, app: Any, post: Post) -> None:
    body = {"name": "a program", "permissions": ["read:own_orders"]}
    key = asha.post("/me/api-keys", body).json["token"]
    ask(asha)
    headers = {"Authorization": f"Bearer {key}"}
    answer = Visitor(app.test_client()).post(COMPLETE, {"token": token_of(post)}, **headers)
    assert answer.status_code == 422


def test_a_reset_ends_what_is_older_than_the_proof_of_the_address(
    asha: Visitor, app: Any, post: Post
) -> None:
    """Who has the new mailbox may not be who set up the passkey; what was added since stays."""
    old, _answer = add_passkey(asha)
    ask(asha)
    assert asha.post(COMPLETE, {"token": token_of(post)}).status_code == 204
    new, _answer = add_passkey(asha)
    visitor = Visitor(app.test_client())
    visitor.post("/auth/password-resets", {"email": NEW})
    body = {"token": token_of(post), "new_password": "a kettle of green tea"}
    assert visitor.post("/auth/password-resets/completion", body).status_code == 204
    for device, status in ((old, 401), (new, 201)):
        answer = visitor.post("/auth/passkey-sign-in", device.use(sign_in_challenge(visitor)))
        assert answer.status_code == status


def test_the_password_is_asked(asha: Visitor, post: Post) -> None:
    answer = ask(asha, password="not the password")
    assert [error["pointer"] for error in answer.json["errors"]] == ["/current_password"]
    for email in ("no address", OLD, OLD.upper(), "a@аррӏе.com"):
        answer = ask(asha, email)
        assert [error["pointer"] for error in answer.json["errors"]] == ["/email"]
    assert post.arrives() == []


def test_a_taken_address_is_answered_alike_and_its_owner_told(
    asha: Visitor, app: Any, post: Post
) -> None:
    join(app, email="ravi@example.org")
    free, taken = ask(asha, "free@example.org"), ask(asha, "ravi@example.org")
    assert (free.status_code, free.data) == (taken.status_code, taken.data)
    mails = [mail for mail in post.arrives() if mail["To"] == "ravi@example.org"]
    assert [mail["Subject"] for mail in mails] == ["You already have an account at Kirana"]
    assert "/confirm/" not in str(mails[0])


def test_an_address_that_was_taken_meanwhile(asha: Visitor, app: Any, post: Post) -> None:
    ask(asha)
    token = token_of(post)
    join(app, email=NEW)
    answer = asha.post(COMPLETE, {"token": token})
    assert (answer.status_code, answer.json["code"]) == (410, "link_refused")
    assert person_row(OLD).uid == asha.uid
    assert [link.used_at for link in rows(AccountLink)] == [None]


@pytest.mark.parametrize("ending", ["used", "time", "password", "another change"])
def test_what_ends_the_link(asha: Visitor, post: Post, ending: str) -> None:
    ask(asha)
    token = token_of(post)
    later = clock.utc_now()
    if ending == "used":
        assert asha.post(COMPLETE, {"token": token}).status_code == 204
    elif ending == "time":
        later += timedelta(minutes=31)
    elif ending == "password":
        change = {"current_password": PASSWORD, "new_password": "a kettle of green tea"}
        assert asha.call("PUT", "/me/password", change).status_code == 200
    else:
        ask(asha, "third@example.org")
        assert asha.post(COMPLETE, {"token": token_of(post)}).status_code == 204
    password = "a kettle of green tea" if ending == "password" else PASSWORD
    with clock.frozen(later):
        answer = Visitor(asha.client).post(COMPLETE, {"token": token, "password": password})
    assert answer.status_code == 410


def test_a_password_changed_before_the_mail_is_sent_stops_it(asha: Visitor, post: Post) -> None:
    """Somebody who knew the password asked; the owner was quicker."""
    ask(asha)
    change = {"current_password": PASSWORD, "new_password": "a kettle of green tea"}
    assert asha.call("PUT", "/me/password", change).status_code == 200
    assert [mail["To"] for mail in post.arrives()] == [OLD, OLD]


def test_the_pages(asha: Visitor, app: Any, post: Post) -> None:
    client = app.test_client()
    form = {"email": OLD, "password": PASSWORD, "return_to": ""}
    client.post("/sign-in", data=form, headers=OWN_ORIGIN)
    assert b'href="/account/email"' in client.get("/account").data
    assert OLD.encode() in client.get("/account/email").data
    wanted = {"email": NEW, "current_password": "not the password"}
    refused = client.post("/account/email", data=wanted, headers=OWN_ORIGIN)
    assert refused.status_code == 422
    assert NEW.encode() in refused.data
    assert b"not the password" not in refused.data
    wanted["current_password"] = PASSWORD
    sent = client.post("/account/email", data=wanted, headers=OWN_ORIGIN)
    assert (sent.status_code, sent.location) == (303, "/account")
    assert f"We have sent a link to {NEW}" in client.get("/account/email").text
    first = token_of(post)
    assert client.post("/account/email/cancellation", headers=OWN_ORIGIN).status_code == 303
    assert NEW not in client.get("/account/email").text
    assert client.post("/account/email/cancellation", headers=OWN_ORIGIN).status_code == 404
    assert client.get(f"/confirm/{first}", follow_redirects=True).status_code == 410
    client.post("/account/email", data=wanted, headers=OWN_ORIGIN)
    client.get(f"/confirm/{token_of(post)}")
    assert NEW.encode() in client.get("/confirm").data
    done = client.post("/confirm", headers=OWN_ORIGIN)
    assert (done.status_code, done.location) == (303, "/account")
    shown = client.get("/account").data
    assert NEW.encode() in shown
    assert b"counts from now on" in shown


def test_the_outbox_holds_no_address(asha: Visitor) -> None:
    ask(asha)
    assert {tuple(row.payload) for row in rows(Outbox)} == {("link_id",)}
