"""API keys: some of one's own rights, for a program; never more than its owner has just then."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, update

from kirana.accounts.models import ApiKey
from kirana.accounts.permission_words import PERMISSION_WORDS
from kirana.accounts.permissions import Permission
from kirana.accounts.services import reinstate, suspend
from kirana.platform import clock
from kirana.platform.audit import AuditEvent
from kirana.platform.cookies import ACCESS_COOKIE
from kirana.platform.db import verb
from kirana.platform.idempotency import Idempotency
from tests.accounts.people import Visitor, applicant, join, rows
from tests.world import World, build


@pytest.fixture
def world(app: Any) -> World:
    return build(app)


def make(owner: Visitor, *rights: str, **more: Any) -> Any:
    return owner.post("/me/api-keys", {"name": "till", "permissions": list(rights), **more})


def program(app: Any, made: Any) -> Any:
    """Calls with the key: ``call(method, path, body)``."""
    visitor = Visitor(app.test_client())
    key = {"Authorization": f"Bearer {made.json['token']}"}
    return lambda method, path, body=None: visitor.call(method, path, body, **key)


@verb
def change(connection: Connection, **values: Any) -> None:
    connection.execute(update(ApiKey).values(**values))


def test_a_key_does_what_it_was_given_and_reads_what_it_writes(app: Any, world: World) -> None:
    made = make(world.people["manager"], "write:store_stock", expires_in_days=30)
    assert made.status_code == 201
    assert made.json["key"]["permissions"] == ["read:store_stock", "write:store_stock"]
    call = program(app, made)
    stock = f"/products/{world.keys['product']}/stock"
    moved = call("POST", f"{stock}/movements", {"kind": "received", "quantity": 5})
    assert moved.status_code == 201
    assert call("GET", f"/stores/{world.keys['manager.store']}/products").status_code == 403
    assert call("GET", "/me").status_code == 403
    kept = repr([dict(row._mapping) for table in (ApiKey, AuditEvent) for row in rows(table)])
    assert made.json["token"] not in kept
    assert made.json["token"].startswith(f"kirana_{made.json['key']['uid']}_")


def test_nobody_gives_a_key_what_they_lack(world: World) -> None:
    customer = world.people["customer"]
    for right in ("read:people", "write:store_stock", "write:own_profile"):
        answer = make(customer, right)
        assert (answer.status_code, answer.json["code"]) == (403, "beyond_your_rights")
    assert make(customer, "read:everything").status_code == 422
    assert make(customer).status_code == 422
    elsewhere = make(customer, "read:own_orders", store_slug=world.keys["manager.store"])
    assert elsewhere.json["errors"][0]["pointer"] == "/store_slug"


def test_a_key_makes_no_keys_and_no_password(app: Any, world: World) -> None:
    manager = world.people["manager"]
    rights = list(manager.get("/me").json["permissions"])
    rights.remove("write:own_profile")
    call = program(app, make(manager, *rights))
    assert call("GET", "/me").status_code == 200
    new = {"name": "child", "permissions": ["read:own_orders"]}
    password = {"current_password": "x", "new_password": "y"}
    for method, path, body in (
        ("POST", "/me/api-keys", new), ("PUT", "/me/password", password),
        ("DELETE", "/me/sessions", None), ("POST", "/invitations/acceptance", {"token": "x"}),
    ):  # fmt: skip
        assert call(method, path, body).status_code == 403, path


def test_a_key_for_one_store_works_there_only(app: Any, world: World) -> None:
    mixed = world.people["mixed"]
    own = "shop-of-mixed"
    call = program(app, make(mixed, "read:store_orders", store_slug=own))
    assert call("GET", f"/stores/{own}/orders").status_code == 200
    assert call("GET", f"/stores/{world.keys['manager.store']}/orders").status_code == 404
    assert call("GET", "/orders").status_code == 403


def test_a_key_is_dead_at_once(app: Any, world: World) -> None:
    owner = world.people["customer"]
    made = make(owner, "read:own_orders")
    call = program(app, made)
    assert call("GET", "/orders").status_code == 200
    admin = world.actor("admin")
    suspend(admin, owner.uid, "a test")
    refused = call("GET", "/orders")
    assert (refused.status_code, refused.json["code"]) == (401, "api_key_refused")
    reinstate(admin, owner.uid)
    assert call("GET", "/orders").status_code == 200
    change(expires_at=clock.utc_now() - timedelta(seconds=1))
    assert call("GET", "/orders").status_code == 401
    change(expires_at=None, revoked_at=clock.utc_now())
    assert call("GET", "/orders").status_code == 401


def test_a_key_loses_what_its_owner_loses(app: Any, world: World) -> None:
    picker, boss = world.people["picker"], world.people["manager"]
    stock = f"/products/{world.keys['product']}/stock"
    call = program(app, make(picker, "read:store_stock"))
    assert call("GET", stock).status_code == 200
    boss.call("DELETE", f"/stores/{world.keys['manager.store']}/members/{picker.uid}")
    assert call("GET", stock).status_code == 403


def test_revoked_by_its_owner_only_and_listed(app: Any, world: World) -> None:
    owner, other = world.people["customer"], world.people["other_customer"]
    uid = make(owner, "read:own_orders").json["key"]["uid"]
    assert other.call("DELETE", f"/me/api-keys/{uid}").status_code == 404
    assert other.get("/me/api-keys").json["items"] == []
    assert [item["uid"] for item in owner.get("/me/api-keys").json["items"]][0] == uid
    assert owner.call("DELETE", f"/me/api-keys/{uid}").status_code == 204
    assert owner.call("DELETE", f"/me/api-keys/{uid}").status_code == 404


def test_a_key_is_no_cookie_and_no_answer_is_kept_of_it(app: Any, world: World) -> None:
    owner = world.people["customer"]
    headers = {"Idempotency-Key": "once"}
    body = {"name": "till", "permissions": ["read:own_orders"]}
    made = owner.post("/me/api-keys", body, **headers)
    assert "once" not in [row.key for row in rows(Idempotency)]
    client = app.test_client()
    for name in (ACCESS_COOKIE, f"__Host-{ACCESS_COOKIE}"):
        client.set_cookie(name, made.json["token"])
    assert client.get("/api/v1/orders").status_code == 401


def test_its_use_is_noted_each_minute_and_its_deeds_name_it(app: Any, world: World) -> None:
    made = make(world.people["manager"], "write:store_stock")
    uid = made.json["key"]["uid"]
    call = program(app, made)
    stock = f"/products/{world.keys['product']}/stock"
    assert call("PATCH", stock, {"low_at": 4}).status_code == 200
    first = next(row.used_at for row in rows(ApiKey) if row.uid == uid)
    assert call("GET", stock).status_code == 200
    assert next(row.used_at for row in rows(ApiKey) if row.uid == uid) == first
    change(used_at=first - timedelta(minutes=2))
    assert call("GET", stock).status_code == 200
    assert next(row.used_at for row in rows(ApiKey) if row.uid == uid) >= first
    deed = next(row for row in rows(AuditEvent) if row.action == "stock_threshold_set")
    assert (deed.key_uid, deed.actor_id) == (uid, world.actor("manager").account_id)


def test_twenty_are_the_most(app: Any) -> None:
    owner = join(app)
    answers = [make(owner, "read:own_orders").status_code for _ in range(21)]
    assert answers == [201] * 20 + [409]


def test_every_permission_has_words() -> None:
    assert set(PERMISSION_WORDS) == set(Permission)


def test_a_narrow_key_does_nothing_to_who_may_do_more(app: Any, world: World) -> None:
    """As with roles: nobody acts on who has rights that they lack, nor gives such a place."""
    owner, admin = world.people["admin"], join(app, "admin")
    call = program(app, make(owner, "write:people"))
    for uid in (admin.uid, owner.uid):
        for method, path, body in (
            ("POST", "suspension", {"reason": "unpaid"}), ("POST", "reinstatement", None),
            ("POST", "erasure", None), ("DELETE", "erasure", None), ("DELETE", "sessions", None),
            ("DELETE", "sessions/x", None), ("PUT", "role", {"role": "customer"}),
        ):  # fmt: skip
            answer = call(method, f"/people/{uid}/{path}", body)
            assert (answer.status_code, answer.json["code"]) == (403, "beyond_your_rights"), path
    assert admin.get("/me").status_code == 200
    ended = call("DELETE", f"/people/{world.people['customer'].uid}/sessions")
    assert ended.status_code == 204


def test_a_key_for_applications_alone_gives_no_place(app: Any, world: World) -> None:
    admin, store = world.people["admin"], world.keys["manager.store"]
    waiting = applicant(app)
    uid = admin.get("/manager-applications?status=requested").json["items"][0]["uid"]
    path, place = f"/manager-applications/{uid}/approval", {"store_slug": store}
    answer = program(app, make(admin, "write:approvals"))("POST", path, place)
    assert (answer.status_code, answer.json["code"]) == (403, "beyond_your_rights")
    assert waiting.get("/me").json["status"] == "pending"
    rights = ("write:approvals", "write:stores", "write:store_members")
    assert program(app, make(admin, *rights))("POST", path, place).status_code == 200
