"""What ends or changes somebody's rights counts on the very next request, with Redis stopped.

The mutant at the end takes the role from when the session began, as a token that carries it would.
"""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, delete, update

from kirana.accounts import services, web_session
from kirana.accounts.errors import RefreshRefused
from kirana.accounts.models import Account
from kirana.platform.access import GUEST, SYSTEM
from kirana.platform.db import verb
from kirana.stores.models import Membership
from tests.accounts.people import KEYS, OWN_ORIGIN, PASSWORD, Visitor, join, sign_in
from tests.machinery.valkey import Valkey
from tests.world import World, build

CHANGE = {"current_password": PASSWORD, "new_password": "black coffee, no sugar"}


@pytest.fixture(params=["with Redis", "without"])
def redis(request: pytest.FixtureRequest, app: Any, valkey: Valkey) -> Callable[[], None]:
    """Called when the people are there: from then on Redis is away, or stays."""
    return valkey.stop if request.param == "without" else lambda: None


def session_of(visitor: Visitor) -> str:
    listed = visitor.get("/me/sessions").json["items"]
    (uid,) = [item["uid"] for item in listed if item["is_current"]]
    return str(uid)


def by_admin(admin: Visitor, method: str, path: str) -> None:
    assert admin.call(method, path).status_code in (200, 204)


ENDINGS: dict[str, Callable[[Visitor, Visitor, Visitor], Any]] = {
    "sign-out": lambda me, other, admin: me.post("/auth/sign-out"),
    "another device ends it": lambda me, other, admin: other.call(
        "DELETE", f"/me/sessions/{session_of(me)}"
    ),
    "sign out everywhere else": lambda me, other, admin: other.call("DELETE", "/me/sessions"),
    "sign out everywhere": lambda me, other, admin: other.post("/auth/sign-out-everywhere"),
    "a new password": lambda me, other, admin: other.call("PUT", "/me/password", CHANGE),
    "suspension": lambda me, other, admin: admin.post(
        f"/people/{me.uid}/suspension", {"reason": "a reason"}
    ),
    "an admin ends it": lambda me, other, admin: admin.call(
        "DELETE", f"/people/{me.uid}/sessions/{session_of(me)}"
    ),
    "an admin ends all": lambda me, other, admin: admin.call(
        "DELETE", f"/people/{me.uid}/sessions"
    ),
    "a new role": lambda me, other, admin: services.change_role(SYSTEM, me.email, "admin"),
}


@pytest.mark.parametrize("how", ENDINGS)
def test_a_session_ends_on_the_next_request(app: Any, redis: Callable[[], None], how: str) -> None:
    admin, me = join(app, "admin"), join(app)
    other = Visitor(app.test_client(), me.email, sign_in(me.email))
    redis()
    assert me.get("/me").status_code == 200
    done = ENDINGS[how](me, other, admin)
    assert done is None or done.status_code in (200, 204), done.json
    assert (me.get("/me").status_code, me.get("/me").json["code"]) == (401, "session_ended")
    with pytest.raises(RefreshRefused):
        services.refresh(GUEST, KEYS, me.tokens.refresh_token)


def test_a_page_in_the_browser_ends_too(app: Any, redis: Callable[[], None]) -> None:
    me = join(app)
    form = {"email": me.email, "password": PASSWORD, "return_to": ""}
    here, there = app.test_client(), app.test_client()
    for client in (here, there):
        client.post("/sign-in", data=form, headers=OWN_ORIGIN)
        assert client.get("/account").status_code == 200
    redis()
    answer = here.post("/account/sessions/end", data={"which": "others"}, headers=OWN_ORIGIN)
    assert answer.status_code == 303
    assert [client.get("/account").status_code for client in (here, there)] == [200, 303]
    answer = here.post("/account/sessions/end", data={"which": "all"}, headers=OWN_ORIGIN)
    assert answer.location == "/sign-in"
    assert here.get_cookie("access") is None
    assert here.get("/account").status_code == 303
    assert me.get("/me").status_code == 401


# ---- rights


@pytest.fixture
def world(app: Any) -> World:
    return build(app)


@verb
def leave_store(connection: Connection, account_id: int | None) -> None:
    connection.execute(delete(Membership).where(Membership.account_id == account_id))


def who_leaves_the_team_has_no_store(world: World) -> None:
    manager, path = world.people["manager"], f"/stores/{world.keys['manager.store']}/products"
    assert manager.get(path).status_code == 200
    leave_store(world.actor("manager").account_id)
    assert manager.get(path).status_code == 403  # no place anywhere is no right


def who_is_let_in_works_with_the_token_of_before(world: World) -> None:
    pending, admin = world.people["pending"], world.people["admin"]
    assert pending.get("/me/addresses").status_code == 200
    assert pending.get("/exports/none/file").status_code == 403
    path = f"/manager-applications/{world.keys['application']}/approval"
    approval = admin.post(path, {"new_store": {"name": "Third Shop"}})
    assert approval.status_code == 200, approval.json
    assert pending.get("/exports/none/file").status_code == 404


def who_loses_the_role_loses_its_rights(world: World) -> None:
    """The sessions end with the role; should they not, the rights are gone all the same."""
    admin = world.people["admin"]
    assert admin.get("/people").status_code == 200
    set_role(admin.email, "customer")
    assert admin.get("/people").status_code == 403


def set_role(email: str, role: str) -> None:
    set_columns(email, role=role)


@verb
def set_columns(connection: Connection, email: str, **values: Any) -> None:
    connection.execute(update(Account).where(Account.email == email).values(**values))


RIGHTS = [
    who_leaves_the_team_has_no_store,
    who_is_let_in_works_with_the_token_of_before,
    who_loses_the_role_loses_its_rights,
]


@pytest.mark.parametrize("promise", RIGHTS)
def test_rights_change_on_the_next_request(
    world: World, redis: Callable[[], None], promise: Callable[[World], None]
) -> None:
    redis()
    promise(world)


@pytest.mark.parametrize("promise", RIGHTS[1:])
def test_the_role_read_from_the_token_is_found_out(
    world: World, monkeypatch: pytest.MonkeyPatch, promise: Callable[[World], None]
) -> None:
    """The mutant: role and status are those of the session's first request."""
    real, remembered = web_session.find_caller, {}
    monkeypatch.setattr(
        web_session,
        "find_caller",
        lambda claims, places: remembered.setdefault(claims.session_uid, real(claims, places)),
    )
    with pytest.raises(AssertionError):
        promise(world)
