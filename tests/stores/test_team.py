"""A store's team: invited by mail, given a place, removed; nobody gives what they lack."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, update

from kirana.accounts.models import Account, AccountLink
from kirana.accounts.permissions import STORE_TABLE
from kirana.accounts.services import give_role, suspend
from kirana.accounts.services.links import issue_link
from kirana.exports.services import request_export
from kirana.jobs.models import Job
from kirana.notifications.invitations import invitation
from kirana.notifications.rendering import Letters
from kirana.platform import clock
from kirana.platform.access import SYSTEM
from kirana.platform.audit import AuditEvent
from kirana.platform.config import Settings
from kirana.platform.db import verb
from kirana.platform.outbox import Outbox
from kirana.stores.invitation_keys import invitation_token
from kirana.stores.models import Invitation, Membership
from kirana.stores.services.invitations import purge_invitations
from tests.accounts.people import OWN_ORIGIN, PASSWORD, Visitor, join, rows, sign_in
from tests.accounts.post import set_account
from tests.machinery.databases import SECRET
from tests.world import World, actor_of, build


@pytest.fixture
def world(app: Any) -> World:
    return build(app)


def team(world: World) -> str:
    return f"/stores/{world.keys['manager.store']}"


def offer(world: World, email: str, role: str, by: str = "manager") -> Any:
    body = {"email": email, "role": role}
    return world.people[by].post(f"{team(world)}/invitations", body)


def accept(world: World, person: Visitor, uid: str) -> Any:
    return person.post("/invitations/acceptance", {"token": invitation_token(SECRET, uid)})


@verb
def let_run_out(connection: Connection, uid: str) -> None:
    ended = clock.utc_now() - timedelta(seconds=1)
    connection.execute(update(Invitation).where(Invitation.uid == uid).values(expires_at=ended))


def test_invited_by_mail_and_in_at_once(app: Any, world: World, settings: Settings) -> None:
    mira = join(app)
    made = offer(world, f"  {mira.email.upper()} ", "picker")
    assert (made.status_code, made.json["state"], made.json["email"]) == (201, "open", mira.email)
    mail = rows(Outbox)[-1]
    assert (mail.kind, list(mail.payload)) == ("invitation", ["invitation_id"])
    letter = invitation(Letters(settings), mail.payload)
    token = invitation_token(SECRET, made.json["uid"])
    assert letter is not None
    assert letter.to == mira.email
    assert f"{settings.public_url}/invitations/{token}" in letter.text
    kept = repr([row._mapping for table in (Invitation, Outbox, AuditEvent) for row in rows(table)])
    assert token not in kept

    orders = f"{team(world)}/orders"
    assert mira.get(orders).status_code == 403
    assert accept(world, mira, made.json["uid"]).status_code == 200
    assert mira.get(orders).status_code == 200
    assert mira.get("/me").json["role"] == "customer"
    assert invitation(Letters(settings), mail.payload) is None


def test_an_invitation_is_used_once_and_by_the_invited_only(app: Any, world: World) -> None:
    mira, other = join(app), join(app)
    uid = offer(world, mira.email, "courier").json["uid"]
    refused = accept(world, other, uid)
    assert (refused.status_code, refused.json["code"]) == (403, "not_invited")
    assert accept(world, mira, uid).status_code == 200
    world.people["manager"].call("DELETE", f"{team(world)}/members/{mira.uid}")
    again = accept(world, mira, uid)
    assert (again.status_code, again.json["code"]) == (409, "invitation_over")
    assert accept(world, mira, "unknown").status_code == 404


def test_an_invitation_that_ran_out_or_was_taken_back(app: Any, world: World) -> None:
    mira, boss = join(app), world.people["manager"]
    uid = offer(world, mira.email, "picker").json["uid"]
    assert offer(world, mira.email, "courier").json["code"] == "already_invited"
    let_run_out(uid)
    assert accept(world, mira, uid).json["code"] == "invitation_over"
    assert boss.post(f"{team(world)}/invitations/{uid}/mails").json["state"] == "open"
    assert [mail.kind for mail in rows(Outbox)[-2:]] == ["invitation"] * 2
    assert boss.call("DELETE", f"{team(world)}/invitations/{uid}").status_code == 204
    assert accept(world, mira, uid).json["code"] == "invitation_over"
    second = offer(world, mira.email, "courier").json["uid"]
    let_run_out(second)
    third = offer(world, mira.email, "courier")
    assert (third.status_code, accept(world, mira, third.json["uid"]).status_code) == (201, 200)
    assert offer(world, mira.email, "picker").json["code"] == "already_member"


def test_an_invitation_to_an_address_that_was_left_ends(app: Any, world: World) -> None:
    mira = join(app)
    uid = offer(world, mira.email, "picker").json["uid"]
    body = {"email": "mira.moved@example.org", "current_password": PASSWORD}
    assert mira.post("/me/email-change", body).status_code == 202
    link = issue_link(rows(AccountLink)[-1].id, SECRET)
    assert link is not None
    answer = mira.post("/auth/email-confirmations/completion", {"token": link.token})
    assert answer.status_code == 204
    assert accept(world, mira, uid).status_code == 403
    found = next(row for row in rows(Invitation) if row.uid == uid)
    assert (found.email, found.revoked_at is None) == ("nobody@erased.invalid", False)


def test_what_nobody_accepted_is_forgotten_in_time(app: Any, world: World) -> None:
    mira = join(app)
    assert accept(world, mira, offer(world, mira.email, "picker").json["uid"]).status_code == 200
    offer(world, "nobody@example.org", "picker")
    now = clock.utc_now()
    for days, count in ((36, 0), (38, 2)):  # the world holds one as well
        with clock.frozen(now + timedelta(days=days)):
            assert purge_invitations() == count
    assert all(row.accepted_at for row in rows(Invitation))


def test_an_invitation_is_worth_what_its_sender_may_still_do(app: Any, world: World) -> None:
    mira = join(app)
    uid = offer(world, mira.email, "manager").json["uid"]
    suspend(world.actor("admin"), world.people["manager"].uid, "gone")
    assert accept(world, mira, uid).json["code"] == "invitation_over"
    assert [row.account_id for row in rows(Membership)].count(world.actor("manager").account_id)


def test_who_confirmed_the_invited_address_needs_no_link(app: Any, world: World) -> None:
    mira, other = join(app), join(app)
    for person in (mira, other):
        form = {"email": person.email, "password": PASSWORD, "return_to": ""}
        person.client.post("/sign-in", data=form, headers=OWN_ORIGIN)
    assert "invites you" not in mira.client.get("/account").text
    set_account(mira.email, verified_at=None)
    uid = offer(world, mira.email, "courier").json["uid"]
    take, refuse = (f"/account/invitations/{uid}/{way}" for way in ("acceptance", "refusal"))
    assert "invites you" not in mira.client.get("/account").text, "it may be anybody's address"
    assert mira.client.post(take, headers=OWN_ORIGIN).status_code == 404
    set_account(mira.email, verified_at=clock.utc_now())
    assert other.client.post(take, headers=OWN_ORIGIN).status_code == 404
    assert other.client.post(refuse, headers=OWN_ORIGIN).status_code == 404
    assert "invites you to its team" in sign_in(mira.email).notes[-1]
    assert f'action="{take}"' in mira.client.get("/account").text
    taken = mira.client.post(take, headers=OWN_ORIGIN)
    assert taken.location == f"/office/{world.keys['manager.store']}/orders"
    assert mira.client.post(take, headers=OWN_ORIGIN).location == "/account"
    assert mira.client.post(refuse, headers=OWN_ORIGIN).status_code == 404
    world.people["manager"].call("DELETE", f"{team(world)}/members/{mira.uid}")
    again = offer(world, mira.email, "courier").json["uid"]
    mira.client.post(f"/account/invitations/{again}/refusal", headers=OWN_ORIGIN)
    assert accept(world, mira, again).json["code"] == "invitation_over"
    assert "invites you" not in mira.client.get("/account").text


@pytest.mark.parametrize(
    "email", ["", "a@b", "a@shop.example\nBcc: x@y.example", "a@b.example,c@d.ex"]
)
def test_no_invitation_to_what_is_no_address(world: World, email: str) -> None:
    assert offer(world, email, "picker").status_code == 422


def test_nobody_gives_or_takes_what_they_lack(app: Any, world: World) -> None:
    """A key that may change the team, but not products, makes couriers and pickers only."""
    owner = world.people["manager"]
    rights = ["write:store_members", *STORE_TABLE["picker"]]
    made = owner.post("/me/api-keys", {"name": "team", "permissions": rights})
    key = {"Authorization": f"Bearer {made.json['token']}"}
    invitations, person = f"{team(world)}/invitations", Visitor(app.test_client())
    for role, status in (("courier", 201), ("picker", 201), ("manager", 403), ("owner", 403)):
        body = {"email": f"{role}@shop.example", "role": role}
        answer = person.call("POST", invitations, body, **key)
        assert answer.status_code == status, role
    picker = f"{team(world)}/members/{world.people['picker'].uid}"
    answer = person.call("PATCH", picker, {"role": "owner"}, **key)
    assert (answer.status_code, answer.json["code"]) == (403, "beyond_your_rights")
    assert person.call("DELETE", f"{team(world)}/members/{owner.uid}", **key).status_code == 403
    assert person.call("PATCH", picker, {"role": "courier"}, **key).status_code == 200


def test_a_store_keeps_an_owner(app: Any, world: World) -> None:
    owner, mira = world.people["manager"], join(app)
    own = f"{team(world)}/members/{owner.uid}"
    for try_it in (
        owner.call("DELETE", own), owner.call("PATCH", own, {"role": "picker"}),
        owner.call("DELETE", f"/me{team(world)}"), world.people["admin"].call("DELETE", own),
    ):  # fmt: skip
        assert (try_it.status_code, try_it.json["code"]) == (409, "last_owner")
    accept(world, mira, offer(world, mira.email, "owner").json["uid"])
    suspend(world.actor("admin"), mira.uid, "an owner who is shut out does not count")
    assert owner.call("DELETE", own).status_code == 409
    accept_again = join(app)
    accept(world, accept_again, offer(world, accept_again.email, "owner").json["uid"])
    assert owner.call("DELETE", f"/me{team(world)}").status_code == 204
    assert owner.get(f"{team(world)}/members").status_code == 403


def test_a_changed_place_counts_on_the_next_request(app: Any, world: World) -> None:
    owner, mira = world.people["manager"], join(app)
    accept(world, mira, offer(world, mira.email, "manager").json["uid"])
    store = world.keys["manager.store"]
    request_export(actor_of(mira.email), store)
    products = f"/stores/{store}/products"
    assert mira.get(products).status_code == 200
    answer = owner.call("PATCH", f"{team(world)}/members/{mira.uid}", {"role": "courier"})
    assert answer.json["store_role"] == "courier"
    assert mira.get(products).status_code == 403
    assert rows(Job)[-1].status == "cancelled"
    assert owner.call("DELETE", f"{team(world)}/members/{mira.uid}").status_code == 204
    assert mira.get(f"{team(world)}/orders").status_code == 403
    deeds = [row for row in rows(AuditEvent) if row.action.startswith("membership.")][-2:]
    assert [(deed.action, deed.before["role"]) for deed in deeds] == [
        ("membership.changed", "manager"), ("membership.removed", "courier"),
    ]  # fmt: skip


def test_demotion_ends_every_place(world: World) -> None:
    owner = world.people["manager"]
    give_role(world.actor("admin"), owner.uid, "customer")
    owned = world.actor("manager").account_id
    assert owned not in [row.account_id for row in rows(Membership)]


def test_lists_are_paged(world: World) -> None:
    boss = world.people["manager"]
    first = boss.get(f"{team(world)}/members?limit=2").json
    second = boss.get(f"{team(world)}/members?limit=2&cursor={first['next_cursor']}").json
    emails = [item["person"]["email"] for page in (first, second) for item in page["items"]]
    assert emails == [world.people[who].email for who in ("manager", "picker", "courier", "mixed")]
    assert len(boss.get(f"{team(world)}/invitations?limit=1&is_open=1").json["items"]) == 1


ROAD = ("accepted", "picking", "packed", "on_the_way")


def test_a_courier_sees_and_moves_what_is_on_the_way(world: World) -> None:
    courier, picker = world.people["courier"], world.people["picker"]
    order = f"/orders/{world.keys['order']}"
    for to in ROAD:
        assert courier.get(order).status_code == 404
        assert courier.get(f"{team(world)}/orders").json["items"] == []
        assert courier.post(f"{order}/moves", {"to": to}).status_code == 404
        assert picker.post(f"{order}/moves", {"to": to}).status_code == 200
    assert courier.get(order).json["moves"] == ["handed_over", "not_delivered"]
    assert [item["number"] for item in courier.get(f"{team(world)}/orders").json["items"]] == [
        world.keys["order"]
    ]
    missed = courier.post(f"{order}/moves", {"to": "not_delivered", "reason": "nobody home"})
    assert missed.json["moves"] == ["on_the_way"]
    back = courier.post(f"{order}/moves", {"to": "returned", "reason": "no"})
    assert (back.status_code, back.json["legal"]) == (409, ["on_the_way"])
    for to in ("on_the_way", "handed_over"):
        assert courier.post(f"{order}/moves", {"to": to}).status_code == 200
    assert picker.post(f"{order}/moves", {"to": "completed"}).status_code == 200
    assert courier.get(order).status_code == 404


def test_an_admin_gives_roles_and_ends_sessions(world: World) -> None:
    admin, customer = world.people["admin"], world.people["customer"]
    role = f"/people/{customer.uid}/role"
    assert admin.call("PUT", role, {"role": "admin"}).json["person"]["role"] == "admin"
    assert customer.get("/me").status_code == 401
    assert admin.call("PUT", role, {"role": "owner"}).status_code == 422
    waiting = world.people["pending"]
    assert admin.call("PUT", f"/people/{waiting.uid}/role", {"role": "admin"}).status_code == 409
    made = admin.post("/me/api-keys", {"name": "desk", "permissions": ["write:people"]})
    key = {"Authorization": f"Bearer {made.json['token']}"}
    other = f"/people/{world.people['other_customer'].uid}/role"
    answer = Visitor(admin.client).call("PUT", other, {"role": "admin"}, **key)
    assert (answer.status_code, answer.json["code"]) == (403, "beyond_your_rights")


def test_an_admin_is_made_and_unmade_after_a_question_and_with_a_word_to_all(
    app: Any, world: World
) -> None:
    boss, mira = world.people["admin"], join(app)
    form = {"email": boss.email, "password": PASSWORD, "return_to": ""}
    boss.client.post("/sign-in", data=form, headers=OWN_ORIGIN)
    at = f"/office/people/{mira.uid}"

    def choose(**fields: str) -> Any:
        return boss.client.post(f"{at}/role", data=fields, headers=OWN_ORIGIN)

    assert f'action="{at}/role"' in boss.client.get(at).text
    asked = choose(role="admin", return_to=at)
    assert (asked.status_code, f"Make {'Customer Person'} an admin?" in asked.text) == (200, True)
    assert "current_password" not in asked.text, "the session is young"
    assert mira.get("/me").json["role"] == "customer"
    sure = {"role": "admin", "is_confirmed": "1", "return_to": at}
    with clock.frozen(clock.utc_now() + timedelta(minutes=11)):
        assert 'name="current_password"' in choose(role="admin").text
        for wrong in ({}, {"current_password": "not the one"}):
            refused = choose(**sure, **wrong)
            assert (refused.status_code, "That is not your password." in refused.text) == (
                422,
                True,
            )
        before = len(rows(Outbox))
        done = choose(**sure, current_password=PASSWORD)
    assert (done.status_code, done.location) == (303, at)
    told = [row.payload for row in rows(Outbox)[before:] if row.kind == "role_changed"]
    me = actor_of(mira.email).account_id
    assert told == [{"account_id": me, "about_id": me}], "there is no other admin but who did it"
    assert "Take the role of an admin" in choose(role="customer").text
    before = len(rows(Outbox))
    give_role(SYSTEM, mira.uid, "customer")
    told = [row.payload for row in rows(Outbox)[before:]]
    assert told == [
        {"account_id": who, "about_id": me} for who in (world.actor("admin").account_id, me)
    ]


def test_the_teams_page_says_at_the_member_what_is_wrong(app: Any, world: World) -> None:
    boss, picker = world.people["manager"], world.people["picker"]
    form = {"email": boss.email, "password": PASSWORD, "return_to": ""}
    boss.client.post("/sign-in", data=form, headers=OWN_ORIGIN)
    at = f"/office/{world.keys['manager.store']}/team"
    member = f"{at}/members/{boss.uid}/place"
    refused = boss.client.post(member, data={"role": "courier"}, headers=OWN_ORIGIN)
    assert refused.status_code == 409
    row, rest = refused.text.split("Invite somebody</h2>")
    assert row.count("data-form-errors") == 1
    assert "data-form-errors" not in rest
    assert row.index("data-form-errors") < row.index(f'action="{member}"')
    assert row.count("<details open>") == 1
    before = len(rows(Outbox))
    boss.client.post(f"{at}/members/{picker.uid}/removal", headers=OWN_ORIGIN)
    assert [row.kind for row in rows(Outbox)[before:]] == ["team_left"]


def test_accounts_of_members_stay_customers(world: World) -> None:
    found = {row.email: row.role for row in rows(Account)}
    assert found[world.people["picker"].email] == found[world.people["courier"].email] == "customer"
