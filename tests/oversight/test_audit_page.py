"""The audit log as the admin reads it: every filter, page by page, with what changed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from kirana.platform import audit, clock
from kirana.platform.access import SYSTEM
from kirana.platform.db import verb
from tests.accounts.people import Visitor, join

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@verb
def write(connection: Connection, action: str, key: str, **values: Any) -> None:
    audit.record(connection, SYSTEM, action, ("thing", key), **values)


@pytest.fixture
def admin(app: Any) -> Visitor:
    return join(app, "admin")


def keys(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.json
    return [item["object_key"] for item in answer.json["items"]]


def test_each_filter_of_the_api(admin: Visitor) -> None:
    for day in range(3):
        with clock.frozen(NOON + timedelta(days=day)):
            write("test.done", f"t{day}")
    admin.call("PATCH", "/me", {"name": "Nandini Shah"})
    assert keys(admin.get("/audit-events?action=test.done")) == ["t2", "t1", "t0"]
    assert keys(admin.get("/audit-events?object_kind=thing&object_key=t1")) == ["t1"]
    between = "since=2026-11-21T12:00:00Z&until=2026-11-22T12:00:00Z"
    assert keys(admin.get(f"/audit-events?{between}")) == ["t1"]
    mine = admin.get(f"/audit-events?actor={admin.uid}&action=account.changed")
    [deed] = mine.json["items"]
    assert (deed["actor"], deed["actor_name"]) == (admin.uid, "Nandini Shah")
    by_address = f"/audit-events?actor={admin.email}&action=account.changed"
    assert admin.get(by_address).json["items"] == [deed]
    assert keys(admin.get(f"/audit-events?request_id={deed['request_id']}")) == [admin.uid]
    by_name = admin.get("/audit-events?actor=ndini%20sh&action=account.changed")
    assert by_name.json["items"] == [deed]
    assert deed["key_uid"] is None
    made = admin.post("/me/api-keys", {"name": "desk", "permissions": ["write:people"]}).json
    key = {"Authorization": f"Bearer {made['token']}"}
    person = join(admin.client.application)
    Visitor(admin.client).post(f"/people/{person.uid}/suspension", {"reason": "x"}, **key)
    [deed] = admin.get("/audit-events?action=account.suspended").json["items"]
    assert deed["key_uid"] == made["key"]["uid"]
    [deed] = admin.get("/audit-events?action=api_key.made").json["items"]
    assert (deed["after"]["store"], deed["after"]["expires"]) == (None, None)
    for bad in ("since=yesterday", "since=2026-11-21T12:00:00", "who=me"):
        assert admin.get(f"/audit-events?{bad}").status_code == 422, bad


def test_pages_by_cursor(admin: Visitor) -> None:
    for number in range(5):
        write("test.done", f"t{number}")
    first = admin.get("/audit-events?action=test.done&limit=3").json
    write("test.done", "later")
    path = f"/audit-events?action=test.done&limit=3&cursor={first['next_cursor']}"
    assert keys(admin.get(path)) == ["t1", "t0"]


def test_the_page_shows_what_changed_and_keeps_what_was_typed(admin: Visitor) -> None:
    with clock.frozen(NOON):
        write(
            "test.done", "<b>t</b>", before={"price": 1, "same": 2}, after={"price": 9, "same": 2}
        )
    for number in range(31):
        write("test.other", f"o{number}")

    def page(query: str) -> Any:
        return admin.client.get(f"/office/audit?{query}", headers=admin.headers)

    crossed = page("first=2026-11-21&last=2026-11-20")
    assert (crossed.status_code, "To: is before the first day" in crossed.text) == (422, True)
    found = page("first=2026-11-20&last=2026-11-20").text
    assert "&lt;b&gt;t&lt;/b&gt;" in found
    assert '<del><span class="sr-only">before </span>1</del>' in found
    assert '<ins><span class="sr-only">after </span>9</ins>' in found
    assert "<dt>same</dt>" not in found
    assert "Next page" in page("action=test.other").text
    assert "Nothing fits" in page("action=test.other&first=2026-11-20&last=2026-11-20").text
    refused = page("first=nonsense&actor=somebody")
    assert refused.status_code == 422
    assert 'value="somebody"' in refused.text
    assert 'id="error-first"' in refused.text
    assert page("last=9999-12-31").status_code == 422
    assert page("first=0001-01-01").status_code == 422
