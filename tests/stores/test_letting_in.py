"""Applications of managers: decided once, in one transaction, with a mail."""

import functools
from typing import Any

import pytest

from kirana.accounts.models import AccountEvent, Approval
from kirana.accounts.services import apply_again
from kirana.accounts.shapes import RenewedApplication
from kirana.platform.access import SYSTEM, Actor
from kirana.platform.audit import AuditEvent
from kirana.platform.errors import IllegalMove
from kirana.platform.outbox import Outbox
from kirana.stores import services
from kirana.stores.models import Membership, Store
from kirana.stores.shapes import NewStore, Placement
from tests.accounts.people import (
    OWN_ORIGIN,
    PASSWORD,
    Visitor,
    applicant,
    at_once,
    join,
    person_row,
    rows,
)

NEW = Placement(new_store=NewStore("Mira's Corner"))


def open_store(name: str = "Green Lane") -> str:
    return services.create_store(SYSTEM, NewStore(name), "Asia/Kolkata", "open")


def application_of(visitor: Visitor) -> str:
    uid: str = visitor.get("/me/manager-application").json["uid"]
    return uid


def path_of(visitor: Visitor) -> str:
    return f"/manager-applications/{application_of(visitor)}"


def test_into_an_existing_store(app: Any) -> None:
    admin, mira, slug = join(app, "admin"), applicant(app), open_store()
    assert mira.get(f"/stores/{slug}/members").status_code == 403
    answer = admin.post(f"{path_of(mira)}/approval", {"store_slug": slug})
    assert answer.status_code == 200
    assert answer.json["application"]["status"] == "approved"
    assert answer.json["store"]["slug"] == slug
    # The same token has the rights on its next request.
    assert "write:store_products" in mira.get("/me").json["permissions"]
    (member,) = mira.get(f"/stores/{slug}/members").json["items"]
    assert (member["person"]["email"], member["store_role"]) == (mira.email, "manager")
    assert person_row(mira.email).status == "active"
    (approval,) = rows(Approval)
    assert approval.store_id == rows(Store)[0].id
    assert approval.decided_by == person_row(admin.email).id
    (mail,) = rows(Outbox)
    assert (mail.kind, mail.payload) == ("manager_approved", {"approval_id": approval.id})
    assert mail.dedupe_key == f"manager-approved:{approval.uid}"
    deeds = [row.action for row in rows(AuditEvent)]
    assert deeds[-2:] == ["account.active", "membership.granted"]


def test_into_a_new_store_as_its_owner(app: Any) -> None:
    admin, mira = join(app, "admin"), applicant(app)
    new = {"name": "Mira's Corner", "city": "Mysuru", "zone": "Europe/Berlin"}
    answer = admin.post(f"{path_of(mira)}/approval", {"new_store": new})
    store = answer.json["store"]
    assert (store["slug"], store["status"]) == ("mira-s-corner", "open")
    assert (store["city"], store["zone"]) == ("Mysuru", "Europe/Berlin")
    assert mira.call("PATCH", "/stores/mira-s-corner", {"city": "Hassan"}).status_code == 200
    assert rows(Membership)[0].role == "owner"


PLACES: list[dict[str, Any]] = [
        {}, {"store_slug": "green-lane", "new_store": {"name": "Both"}}, {"store_slug": "nowhere"},
        {"new_store": {}}, {"new_store": {"name": " "}},
        {"new_store": {"name": "X", "zone": "Mars"}},
        {"new_store": {"name": "X", "status": "open"}},
        {"store_slug": "green-lane", "role": "admin"},
]  # fmt: skip


def test_a_place_that_cannot_be(app: Any) -> None:
    open_store()
    admin, mira = join(app, "admin"), applicant(app)
    stores, deeds = len(rows(Store)), len(rows(AuditEvent))
    for place in PLACES:
        assert admin.post(f"{path_of(mira)}/approval", place).status_code == 422, place
    assert person_row(mira.email).status == "pending"
    assert rows(Outbox) == rows(Membership) == []
    assert (len(rows(Store)), len(rows(AuditEvent))) == (stores, deeds)


def test_not_into_a_closed_store(app: Any) -> None:
    admin, mira, slug = join(app, "admin"), applicant(app), open_store()
    services.move_store(SYSTEM, slug, "closed")
    answer = admin.post(f"{path_of(mira)}/approval", {"store_slug": slug})
    assert (answer.status_code, answer.json["code"]) == (409, "store_closed")


def test_refused_with_a_reason_and_asking_again(app: Any) -> None:
    admin, mira = join(app, "admin"), applicant(app)
    reason = {"reason": "We know no such shop."}
    answer = admin.post(f"{path_of(mira)}/rejection", reason)
    assert (answer.status_code, answer.json["status"]) == (200, "rejected")
    assert person_row(mira.email).status == "rejected"
    assert rows(Outbox)[0].kind == "manager_rejected"
    seen = mira.get("/me/manager-application").json
    assert (seen["status"], seen["reason"]) == ("rejected", reason["reason"])
    assert not [right for right in mira.get("/me").json["permissions"] if "store" in right]

    again = mira.post("/me/manager-application", {"wished_store": "Other Corner"})
    assert (again.status_code, again.json["status"]) == (201, "requested")
    assert mira.post("/me/manager-application", {"wished_store": "Third"}).status_code == 409
    admin.post(f"{path_of(mira)}/approval", {"new_store": {"name": "Other Corner"}})
    history = [(step.from_status, step.to_status) for step in rows(AccountEvent)]
    assert history[-4:] == [
        (None, "pending"),
        ("pending", "rejected"),
        ("rejected", "pending"),
        ("pending", "active"),
    ]
    assert [row.kind for row in rows(Outbox)] == ["manager_rejected", "manager_approved"]


def test_a_refusal_has_a_reason_and_nothing_else(app: Any) -> None:
    admin, mira = join(app, "admin"), applicant(app)
    for body in ({}, {"reason": " "}, {"reason": "x", "status": "approved"}):
        assert admin.post(f"{path_of(mira)}/rejection", body).status_code == 422
    assert person_row(mira.email).status == "pending"


def test_a_decision_is_not_taken_back(app: Any) -> None:
    admin, mira, ravi = join(app, "admin"), applicant(app), applicant(app)
    place, reason = {"store_slug": open_store()}, {"reason": "no"}
    admin.post(f"{path_of(mira)}/approval", place)
    admin.post(f"{path_of(ravi)}/rejection", reason)
    for visitor in (mira, ravi):
        for verb, body in (("approval", place), ("rejection", reason)):
            answer = admin.post(f"{path_of(visitor)}/{verb}", body)
            assert (answer.status_code, answer.json["code"]) == (409, "illegal_move")
    assert admin.post("/manager-applications/nothing/approval", place).status_code == 404
    assert len(rows(Membership)) == 1
    assert len(rows(Outbox)) == 2


def test_a_refused_application_stays_refused_while_a_new_one_waits(app: Any) -> None:
    admin, mira = join(app, "admin"), applicant(app)
    old = path_of(mira)
    admin.post(f"{old}/rejection", {"reason": "no"})
    mira.post("/me/manager-application", {"wished_store": "Other Corner"})
    answer = admin.post(f"{old}/approval", {"store_slug": open_store()})
    assert (answer.status_code, answer.json["code"]) == (409, "illegal_move")
    assert person_row(mira.email).status == "pending"
    assert [row.status for row in rows(Approval)] == ["rejected", "requested"]


@pytest.mark.parametrize("role", ["customer", "manager"])
def test_only_admins_decide(app: Any, role: str) -> None:
    person, mira, slug = join(app, role), applicant(app), open_store()
    for visitor, status in ((person, 403), (mira, 403), (Visitor(person.client), 401)):
        approval = visitor.post(f"{path_of(mira)}/approval", {"store_slug": slug})
        rejection = visitor.post(f"{path_of(mira)}/rejection", {"reason": "no"})
        assert (approval.status_code, rejection.status_code) == (status, status)
    assert person_row(mira.email).status == "pending"


def test_nobody_else_asks_again(app: Any) -> None:
    for role in ("customer", "manager", "admin"):
        answer = join(app, role).post("/me/manager-application", {"wished_store": "X"})
        assert answer.status_code == 403


@pytest.mark.parametrize("place", ["existing", "new"])
def test_five_approvals_at_once_let_in_once(app: Any, place: str) -> None:
    uid = application_of(applicant(app))
    where = NEW if place == "new" else Placement(store_slug=open_store())
    answers = at_once(*[lambda: services.approve_manager(SYSTEM, uid, where, "UTC")] * 5)
    won = [answer for answer in answers if isinstance(answer, str)]
    lost = [answer for answer in answers if isinstance(answer, IllegalMove)]
    assert (len(won), len(lost)) == (1, 4)
    assert len(rows(Membership)) == len(rows(Outbox)) == len(rows(Store)) == 1
    assert len(rows(AccountEvent)) == 2


def test_approval_and_refusal_at_once_give_one_of_them(app: Any) -> None:
    for number in range(4):
        mira = applicant(app)
        uid, place = application_of(mira), Placement(store_slug=open_store(f"Store {number}"))
        answers = at_once(
            functools.partial(services.approve_manager, SYSTEM, uid, place, "UTC"),
            functools.partial(services.reject_manager, SYSTEM, uid, "no"),
        )
        assert sum(isinstance(answer, IllegalMove) for answer in answers) == 1
        status = person_row(mira.email).status
        kind = {"active": "manager_approved", "rejected": "manager_rejected"}[status]
        assert [row.kind for row in rows(Outbox)][number:] == [kind]
        assert len(rows(AccountEvent)) == 2 * (number + 1)


def test_asking_again_twice_at_once_asks_once(app: Any) -> None:
    mira = applicant(app)
    services.reject_manager(SYSTEM, application_of(mira), "no")
    row = person_row(mira.email)
    actor = Actor(
        account_id=row.id, role="manager", permissions=frozenset({"write:own_application"})
    )
    wish = RenewedApplication("Corner")
    answers = at_once(*[lambda: apply_again(actor, wish)] * 3)
    assert sum(answer is None for answer in answers) == 1
    assert sum(isinstance(answer, IllegalMove) for answer in answers) == 2
    assert len(rows(Approval)) == 2


def test_one_key_approves_once_and_answers_alike(app: Any) -> None:
    admin, mira = join(app, "admin"), applicant(app)
    place, key = {"store_slug": open_store()}, {"Idempotency-Key": "decide-1"}
    first = admin.post(f"{path_of(mira)}/approval", place, **key)
    again = admin.post(f"{path_of(mira)}/approval", place, **key)
    assert (first.status_code, first.data) == (again.status_code, again.data)
    assert again.headers["Idempotent-Replayed"] == "true"


def test_the_list_of_applications(app: Any) -> None:
    admin, mira, ravi = join(app, "admin"), applicant(app, "One"), applicant(app, "Two")
    admin.post(f"{path_of(mira)}/rejection", {"reason": "no"})
    listed = admin.get("/manager-applications").json["items"]
    assert [item["wished_store"] for item in listed] == ["Two", "One"]
    (waiting,) = admin.get("/manager-applications?status=requested").json["items"]
    assert waiting["applicant"]["email"] == ravi.email
    assert admin.get(f"/manager-applications/{waiting['uid']}").json == waiting


def opened(client: Any) -> Any:
    """The page that a manager without a store is led to from the office's door."""
    door = client.get("/office")
    assert (door.status_code, door.headers["Location"]) == (303, "/account")
    return client.get("/account")


def test_a_refused_manager_asks_again_on_the_account_page(app: Any, client: Any) -> None:
    mira = applicant(app)
    services.reject_manager(SYSTEM, application_of(mira), "We know no such shop.")
    form = {"email": mira.email, "password": PASSWORD, "return_to": ""}
    client.post("/sign-in", data=form, headers=OWN_ORIGIN)
    page = opened(client).text
    assert "Your application was declined" in page
    assert "We know no such shop." in page
    assert 'action="/account/application"' in page
    wish = {"wished_store": "Mira &amp; Sons"}
    sent = client.post("/account/application", data=wish, headers=OWN_ORIGIN)
    assert sent.status_code == 303
    assert person_row(mira.email).status == "pending"
    page = opened(client).text
    assert "It is waiting for an answer." in page
    assert 'action="/account/application"' not in page
