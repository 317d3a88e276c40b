"""Stores: who sees them, who changes them, and their table of moves."""

import itertools
from typing import Any

import pytest
from sqlalchemy import Connection, insert, update

from kirana.platform import clock
from kirana.platform.access import SYSTEM
from kirana.platform.audit import AuditEvent
from kirana.platform.db import verb
from kirana.platform.errors import IllegalMove
from kirana.stores import services
from kirana.stores.models import Membership, Store, StoreEvent
from kirana.stores.queries import places_of
from kirana.stores.shapes import NewStore
from kirana.stores.states import STORE_MOVES
from tests.accounts.people import Visitor, join, person_row, rows


def make_store(name: str = "Green Lane", status: str = "open") -> str:
    return services.create_store(SYSTEM, NewStore(name), "Asia/Kolkata", status)


@verb
def put(connection: Connection, slug: str, status: str) -> None:
    connection.execute(update(Store).where(Store.slug == slug).values(status=status))


@verb
def employ(connection: Connection, visitor: Visitor, slug: str, role: str) -> Visitor:
    store_id = next(row.id for row in rows(Store) if row.slug == slug)
    account_id = person_row(visitor.email).id
    now = clock.now(connection)
    values = {"account_id": account_id, "store_id": store_id, "role": role, "created_at": now}
    connection.execute(insert(Membership).values(values))
    return visitor


def test_every_move_of_a_store(app: Any) -> None:
    slug = make_store()
    for current, wanted in itertools.product(STORE_MOVES, STORE_MOVES):
        put(slug, current)
        if wanted in STORE_MOVES[current]:
            check_move(slug, current, wanted)
        else:
            check_no_move(slug, current, wanted)


def check_no_move(slug: str, current: str, wanted: str) -> None:
    before = len(rows(StoreEvent))
    with pytest.raises(IllegalMove):
        services.move_store(SYSTEM, slug, wanted)
    assert (rows(Store)[0].status, len(rows(StoreEvent))) == (current, before)


def check_move(slug: str, current: str, wanted: str) -> None:
    services.move_store(SYSTEM, slug, wanted)
    assert rows(Store)[0].status == wanted
    step = rows(StoreEvent)[-1]
    assert (step.from_status, step.to_status) == (current, wanted)
    assert rows(AuditEvent)[-1].action == f"store.{wanted}"


def test_everybody_sees_open_stores_only(app: Any, client: Any) -> None:
    slugs = {status: make_store(f"The {status}", "open") for status in STORE_MOVES}
    for status, slug in slugs.items():
        put(slug, status)
    guest, admin = Visitor(client), join(app, "admin")
    listed = [item["slug"] for item in guest.get("/stores").json["items"]]
    assert listed == ["the-holiday", "the-open"]
    for status, slug in slugs.items():
        expected = 200 if status in ("open", "holiday") else 404
        assert guest.get(f"/stores/{slug}").status_code == expected
        assert admin.get(f"/stores/{slug}").status_code == 200
    owner = employ(join(app, "manager"), slugs["draft"], "owner")
    assert owner.get(f"/stores/{slugs['draft']}").status_code == 200
    assert guest.get("/stores/nowhere").status_code == 404


def test_stores_come_in_pages(app: Any, client: Any) -> None:
    for number in range(5):
        make_store(f"Store {number}")
    guest = Visitor(client)
    first = guest.get("/stores?limit=3").json
    rest = guest.get(f"/stores?limit=3&cursor={first['next_cursor']}").json
    slugs = [item["slug"] for item in first["items"] + rest["items"]]
    assert slugs == [f"store-{number}" for number in range(5)]
    assert rest["next_cursor"] is None


def test_an_admin_makes_opens_and_closes(app: Any) -> None:
    admin = join(app, "admin")
    made = admin.post("/stores", {"name": "Café Côté"})
    assert (made.status_code, made.headers["Location"]) == (201, "/api/v1/stores/cafe-cote")
    assert (made.json["status"], made.json["zone"]) == ("draft", "Asia/Kolkata")
    path = "/stores/cafe-cote"
    assert admin.post(f"{path}/opening").json["status"] == "open"
    assert admin.post(f"{path}/holiday").json["status"] == "holiday"
    assert admin.post(f"{path}/opening").json["status"] == "open"
    assert admin.post(f"{path}/closure").json["status"] == "closed"
    answer = admin.post(f"{path}/opening")
    assert (answer.status_code, answer.json["legal"]) == (409, [])


def test_the_same_name_gets_another_slug(app: Any) -> None:
    slugs = [make_store("Green Lane") for _ in range(3)]
    assert slugs[0] == "green-lane"
    assert len(set(slugs)) == 3
    assert all(slug.startswith("green-lane") for slug in slugs)
    assert make_store("हरी गली").startswith("store-")


def test_the_owner_changes_the_store(app: Any) -> None:
    slug = make_store()
    owner = employ(join(app, "manager"), slug, "owner")
    change = {"name": "Greener Lane", "opening_hours": "8–20", "phone": ""}
    answer = owner.call("PATCH", f"/stores/{slug}", change)
    assert (answer.status_code, answer.json["name"]) == (200, "Greener Lane")
    assert answer.json["slug"] == slug
    deed = rows(AuditEvent)[-1]
    assert (deed.before["name"], deed.after["name"]) == ("Green Lane", "Greener Lane")
    assert owner.post(f"/stores/{slug}/holiday").json["status"] == "holiday"
    assert owner.post(f"/stores/{slug}/opening").json["status"] == "open"
    assert owner.post(f"/stores/{slug}/closure").status_code == 403


def test_what_an_owner_does_not_decide(app: Any) -> None:
    slug = make_store()
    owner = employ(join(app, "manager"), slug, "owner")
    forbidden = {"status": "forbidden_field", "owner": "forbidden_field", "slug": "unknown_field"}
    for field, code in {**forbidden, "zone": "unknown_field", "name": "required"}.items():
        answer = owner.call("PATCH", f"/stores/{slug}", {"city": "Hassan", field: " "})
        assert answer.status_code == 422
        assert answer.json["errors"][0]["code"] == code
    assert rows(Store)[0].city == ""


def test_colleagues_and_strangers(app: Any) -> None:
    mine, theirs = make_store("Mine"), make_store("Theirs")
    colleague = employ(join(app, "manager"), mine, "manager")
    stranger = employ(join(app, "manager"), theirs, "owner")
    picker = employ(join(app, "manager"), mine, "picker")
    customer, guest = join(app), Visitor(colleague.client)
    expected = [(colleague, 403), (stranger, 404), (picker, 403), (customer, 403), (guest, 401)]
    for visitor, status in expected:
        assert visitor.call("PATCH", f"/stores/{mine}", {"city": "X"}).status_code == status
        assert visitor.post(f"/stores/{mine}/holiday").status_code == status
    for visitor, status in [(colleague, 200), (stranger, 404), (customer, 403), (guest, 401)]:
        assert visitor.get(f"/stores/{mine}/members").status_code == status
    assert join(app, "admin").get(f"/stores/{mine}/members").status_code == 200
    assert rows(Store)[0].city == ""


def test_a_closed_store_is_run_by_nobody(app: Any) -> None:
    slug = make_store()
    owner = employ(join(app, "manager"), slug, "owner")
    account_id = person_row(owner.email).id
    assert places_of(account_id).keys() == {rows(Store)[0].id}
    services.move_store(SYSTEM, slug, "closed")
    assert places_of(account_id) == {}
    assert owner.get(f"/stores/{slug}/members").status_code == 403
