"""A new secret: what was signed with the one before goes on, until that is taken away."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kirana.accounts.models import Session
from kirana.platform import clock
from kirana.platform.audit import AuditEvent
from tests.accounts.people import OWN_ORIGIN, PASSWORD, Visitor, join, rows
from tests.accounts.test_csrf import is_refused, token_in

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
NEW = "a new secret of more than thirty-two bytes"
FORM = {"email": "asha@example.org", "password": PASSWORD, "return_to": ""}


def roll_over(app: Any, *, forget: bool = False) -> None:
    """Give the running shop a new secret; ``forget`` the one before."""
    settings = app.config["SETTINGS"]
    before = "" if forget else settings.secret
    app.config["SETTINGS"] = replace(settings, secret=NEW, secret_previous=before)


def refreshed(client: Any, token: str) -> Any:
    return Visitor(client).post("/auth/refresh", {"refresh_token": token})


@pytest.fixture
def asha(app: Any) -> Visitor:
    return join(app, email="asha@example.org")


def test_access_tokens_go_on_until_the_old_secret_is_gone(app: Any, asha: Visitor) -> None:
    roll_over(app)
    assert asha.get("/me").status_code == 200
    roll_over(app, forget=True)
    assert asha.get("/me").json["code"] == "token_invalid"


@pytest.mark.parametrize("forget", [False, True])
def test_a_chain_of_refresh_tokens_survives(app: Any, asha: Visitor, forget: bool) -> None:
    """Its newest token is known by its hash, which needs no secret."""
    roll_over(app, forget=forget)
    answer = refreshed(asha.client, asha.tokens.refresh_token)
    assert answer.status_code == 201
    assert refreshed(asha.client, answer.json["refresh_token"]).status_code == 201
    bearer = {"Authorization": f"Bearer {answer.json['access_token']}"}
    assert asha.client.get("/api/v1/me", headers=bearer).status_code == 200


def test_the_same_successor_across_the_change(app: Any, asha: Visitor) -> None:
    with clock.frozen(NOON):
        asha = join(app)
        first = refreshed(asha.client, asha.tokens.refresh_token).json["refresh_token"]
        roll_over(app)
        again = refreshed(asha.client, asha.tokens.refresh_token).json["refresh_token"]
    assert again == first


def test_reuse_of_a_token_from_before_ends_the_session(app: Any) -> None:
    with clock.frozen(NOON):
        asha = join(app)
        token = refreshed(asha.client, asha.tokens.refresh_token).json["refresh_token"]
    roll_over(app)
    for minutes in (1, 2):
        with clock.frozen(NOON + timedelta(minutes=minutes)):
            token = refreshed(asha.client, token).json["refresh_token"]
    with clock.frozen(NOON + timedelta(minutes=3)):
        assert refreshed(asha.client, asha.tokens.refresh_token).status_code == 401
        assert rows(Session)[-1].ended_at is not None
        assert rows(AuditEvent)[-1].action == "session.reused"
        assert refreshed(asha.client, token).status_code == 401


def test_a_token_from_before_a_forgotten_secret_is_refused_and_ends_nothing(app: Any) -> None:
    with clock.frozen(NOON):
        asha = join(app)
        token = refreshed(asha.client, asha.tokens.refresh_token).json["refresh_token"]
    roll_over(app, forget=True)
    for minutes in (1, 2):
        with clock.frozen(NOON + timedelta(minutes=minutes)):
            token = refreshed(asha.client, token).json["refresh_token"]
    with clock.frozen(NOON + timedelta(minutes=3)):
        assert refreshed(asha.client, asha.tokens.refresh_token).status_code == 401
        assert refreshed(asha.client, token).status_code == 201


def test_a_page_from_before_can_be_sent(app: Any, client: Any, asha: Visitor) -> None:
    assert client.post("/sign-in", data=FORM, headers=OWN_ORIGIN).status_code == 303
    before = token_in(client.get("/account").text)

    def send(token: str) -> Any:
        form = {"name": "Asha", "wants_report": "1", "csrf_token": token}
        return client.post("/account", data=form)

    roll_over(app)
    after = token_in(client.get("/account").text)
    assert after != before
    assert [send(token).status_code for token in (before, after)] == [303, 303]
    roll_over(app, forget=True)
    assert is_refused(send(before))
    assert send(after).status_code == 303
