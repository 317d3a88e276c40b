"""People see where they are signed in, and end it; admins see and end it for anybody."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, update

from kirana.accounts import services
from kirana.accounts.models import Account, Session
from kirana.accounts.tasks import forget_sessions
from kirana.platform import clock
from kirana.platform.access import SYSTEM
from kirana.platform.audit import AuditEvent
from kirana.platform.celery import _schedule
from kirana.platform.db import verb
from tests.accounts.people import (
    OWN_ORIGIN,
    PASSWORD,
    Visitor,
    applicant,
    join,
    person_row,
    rows,
    sign_in,
)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
PIXEL = "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/140.0 Mobile Safari"


@verb
def set_networks(connection: Connection, network: str) -> None:
    connection.execute(update(Session).values(network=network))


def deeds() -> list[tuple[str, str, Any]]:
    return [(row.action, row.object_key, row.after) for row in rows(AuditEvent)]


def enter(client: Any, email: str) -> None:
    form = {"email": email, "password": PASSWORD, "return_to": ""}
    answer = client.post("/sign-in", data=form, headers={**OWN_ORIGIN, "User-Agent": PIXEL})
    assert answer.status_code == 303


@pytest.mark.parametrize(
    ("network", "shown"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:aaaa:bbbb::7", "2001:db8:aaaa::/48"),
        ("", ""),
        ("not an address", ""),
    ],
)
def test_a_device_in_words_and_its_network_shortened(
    app: Any, client: Any, network: str, shown: str
) -> None:
    asha, admin = join(app, email="asha@example.org"), join(app, "admin")
    enter(app.test_client(), asha.email)
    enter(client, admin.email)
    set_networks(network)
    first = asha.get("/me/sessions").json["items"][0]
    assert set(first) == {"uid", "device", "network", "created_at", "seen_at", "is_current"}
    assert (first["device"], first["network"]) == ("Chrome on Android", shown)
    path = f"/people/{asha.uid}/sessions"
    assert {one["network"] for one in admin.get(path).json["items"]} == {shown}
    for page in ("/account/security", f"/office/people/{asha.uid}"):
        text = client.get(page).text
        assert "Chrome on Android" in text
        assert shown in text
        if network:
            assert network not in text
    assert not network or network not in asha.get("/me/sessions").text


def test_the_list_is_paged_last_seen_first(app: Any, client: Any) -> None:
    with clock.frozen(NOON):
        asha = join(app, email="asha@example.org")
    for minutes in range(1, 26):
        with clock.frozen(NOON + timedelta(minutes=minutes)):
            sign_in(asha.email)
    with clock.frozen(NOON + timedelta(minutes=10)):
        found, cursor = [], ""
        while cursor is not None:
            page = asha.get(f"/me/sessions?limit=10{cursor and f'&cursor={cursor}'}").json
            assert len(page["items"]) <= 10
            found += page["items"]
            cursor = page["next_cursor"]
    assert len({one["uid"] for one in found}) == 26
    assert [one["seen_at"] for one in found] == sorted(
        (one["seen_at"] for one in found), reverse=True
    )
    assert [one["is_current"] for one in found].count(True) == 1
    assert asha.get("/me/sessions?cursor=nonsense").status_code in (401, 422)


def test_the_pages_are_paged(app: Any, client: Any) -> None:
    asha, admin = join(app, email="asha@example.org"), join(app, "admin")
    for _ in range(22):
        sign_in(asha.email)
    for who, path in ((asha, "/account/security"), (admin, f"/office/people/{asha.uid}")):
        enter(client, who.email)
        text = client.get(path).text
        following = re.search(rf'href="({path}\?cursor=[^"]+)"', text)
        assert following, path
        rest = client.get(following.group(1)).text
        assert text.count("/end") > rest.count("/end") > 1
        assert f'href="{path}"' in rest
        assert client.get(f"{path}?cursor=nonsense").status_code == 422


def test_last_seen_is_written_when_a_session_is_refreshed_not_when_it_reads(app: Any) -> None:
    with clock.frozen(NOON):
        asha = join(app)
    with clock.frozen(NOON + timedelta(minutes=10)):
        assert asha.get("/me").status_code == 200
        assert rows(Session)[0].seen_at == NOON
        answer = Visitor(asha.client).post(
            "/auth/refresh", {"refresh_token": asha.tokens.refresh_token}
        )
        assert answer.status_code == 201
    assert rows(Session)[0].seen_at == NOON + timedelta(minutes=10)


def test_an_admin_ends_anybodys(app: Any, client: Any) -> None:
    asha, ravi, admin = join(app, email="asha@example.org"), join(app), join(app, "admin")
    phone = Visitor(asha.client, asha.email, sign_in(asha.email))
    path = f"/people/{asha.uid}/sessions"
    first, second = [one["uid"] for one in admin.get(path).json["items"]]
    theirs = admin.get(f"/people/{ravi.uid}/sessions").json["items"][0]["uid"]
    assert admin.call("DELETE", f"{path}/{theirs}").status_code == 404
    assert admin.call("DELETE", f"/people/nobody/sessions/{first}").status_code == 404
    assert ravi.call("DELETE", f"{path}/{first}").status_code == 403
    assert admin.call("DELETE", f"{path}/{first}").status_code == 204
    assert admin.call("DELETE", f"{path}/{first}").status_code == 404
    assert deeds()[-1] == ("session.ended", first, {"account": asha.uid})
    assert [asha.get("/me").status_code, phone.get("/me").status_code] == [200, 401]
    enter(client, admin.email)
    office = f"/office/people/{asha.uid}"
    assert f"{office}/sessions/{second}/end" in client.get(office).text
    answer = client.post(f"{office}/sessions/{second}/end", headers=OWN_ORIGIN)
    assert answer.location == office
    assert asha.get("/me").status_code == 401
    asha.tokens = sign_in(asha.email)
    assert client.post(f"{office}/sessions/end", headers=OWN_ORIGIN).location == office
    assert asha.get("/me").status_code == 401
    action, key, _after = deeds()[-1]
    assert (action, key) == ("account.signed_out_everywhere", asha.uid)
    assert rows(AuditEvent)[-1].actor_id == person_row(admin.email).id
    assert "No device is signed in" in client.get(office).text
    assert ravi.get("/me").status_code == 200
    assert admin.get("/people/nobody/sessions").status_code == 404


def test_ending_is_audited_without_a_secret(app: Any) -> None:
    asha = join(app)
    other = sign_in(asha.email)
    assert asha.call("DELETE", "/me/sessions").status_code == 204
    assert asha.post("/auth/sign-out").status_code == 204
    told = deeds()[-2:]
    assert [action for action, _key, _after in told] == ["session.ended"] * 2
    for secret in (other.refresh_token, asha.tokens.refresh_token):
        assert secret.split(".")[1] not in str(told)


def test_a_session_of_a_banned_account_is_shown_to_nobody(app: Any) -> None:
    asha, admin = join(app), join(app, "admin")
    services.suspend(SYSTEM, asha.uid, "a reason")
    assert admin.get(f"/people/{asha.uid}/sessions").json["items"] == []
    services.reinstate(SYSTEM, asha.uid)
    assert admin.get(f"/people/{asha.uid}/sessions").json["items"] == []


def test_who_becomes_staff_gets_a_staff_session(app: Any) -> None:
    """A customer's session lasts a week unused; let in as a manager it lasts an hour."""
    with clock.frozen(NOON):
        waiting = applicant(app)
    make_active(waiting.email)
    body = {"refresh_token": waiting.tokens.refresh_token}
    with clock.frozen(NOON + timedelta(hours=1)):
        assert Visitor(waiting.client).post("/auth/refresh", body).status_code == 401
    with clock.frozen(NOON + timedelta(minutes=59)):
        assert Visitor(waiting.client).post("/auth/refresh", body).status_code == 201


@verb
def make_active(connection: Connection, email: str) -> None:
    connection.execute(update(Account).where(Account.email == email).values(status="active"))


def test_old_sessions_are_forgotten(app: Any) -> None:
    with clock.frozen(NOON):
        asha = join(app, email="asha@example.org")
        ended = sign_in(asha.email)
        Visitor(asha.client, tokens=ended).post("/auth/sign-out")
    day = timedelta(days=1)
    for passed, left in ((30 * day, 2), (31 * day, 1), (60 * day, 1), (61 * day, 0)):
        with clock.frozen(NOON + passed):
            forget_sessions()
        assert len(rows(Session)) == left, passed
    assert any(item["task"] == "upkeep.forget_sessions" for item in _schedule().values())
