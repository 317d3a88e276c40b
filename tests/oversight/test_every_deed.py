"""Every operation that changes something leaves a row in the audit log, and never a secret.

Each operation of the API that is not a GET is called once with what makes it succeed. One without
a call here fails, and so does a call without an operation.
"""

import logging
import re
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from sqlalchemy import Connection, func, select

from kirana.accounts.services import suspend
from kirana.catalog.inputs import NewCategory, NewProduct
from kirana.catalog.services.categories import create_category
from kirana.catalog.services.plans import plan_publication
from kirana.catalog.services.products import create_product
from kirana.platform import clock
from kirana.platform.amounts import Money
from kirana.platform.audit import AuditEvent
from kirana.platform.db import query
from kirana.platform.outbox import Outbox
from kirana.privacy.services.erasing import ask_erasure_for
from kirana.stores.services import move_store
from tests.accounts.authenticator import Device
from tests.accounts.factors import (
    add_passkey,
    add_totp,
    challenge,
    code_now,
    first_step,
    sign_in_challenge,
)
from tests.accounts.people import PASSWORD, Visitor, rows, sign_in
from tests.journeys.test_access import picture, rolled_back
from tests.reviews.speaking import speak
from tests.world import World, build

NEW_PASSWORD = "seven green bicycles"
HOME = {
    "name": "Asha Rao", "phone": "+91 98450 12345", "street": "12 Lake Road",
    "city": "Bengaluru", "postcode": "560001",
}  # fmt: skip
ORDER = {"delivery": HOME, "expected_total": {"amount": 9900, "currency": "INR"}}
PERSON = {"email": "new@example.org", "name": "Nila", "password": PASSWORD}
APPLICANT = PERSON | {"email": "newer@example.org", "wished_store": "Tea"}


@dataclass
class Call:
    """Who calls an operation with which body; ``prepare`` runs first, in the same transaction,
    and may make the body."""

    who: str
    body: Any = None
    values: dict[str, str] = field(default_factory=dict)
    prepare: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    is_outside: bool = False  # checks a password, which no transaction may wait for


def _suspend(world: World) -> None:
    suspend(world.actor("admin"), world.keys["person"], "unpaid bills")


def _second_session(world: World) -> None:
    sign_in(world.people["other_customer"].email)


def _new_passkey(world: World) -> dict[str, Any]:
    return Device().make(challenge(world.people["customer"]), "Phone")


def _use_passkey(world: World) -> dict[str, Any]:
    device, _answer = add_passkey(world.people["customer"])
    return device.use(sign_in_challenge(world.people["anonymous"]))


def _app_to_confirm(world: World) -> dict[str, Any]:
    started = world.people["manager"].post("/me/totp", {})
    return {"code": code_now(pyotp.TOTP(started.json["secret"]))}


def _app(world: World) -> None:
    add_totp(world.people["manager"])


def _proof_and_code(world: World) -> dict[str, Any]:
    person = world.people["courier"]
    app, _codes = add_totp(person)
    return {"proof": first_step(world.people["anonymous"], person.email), "code": code_now(app)}


def _let_end(world: World) -> None:
    ask_erasure_for(world.actor("admin"), world.keys["person"], 14)


def _rest(world: World) -> None:
    move_store(world.actor("manager"), world.keys["manager.store"], "holiday")


def _plan_the_draft(world: World) -> None:
    soon = clock.utc_now() + timedelta(days=1)
    plan_publication(world.actor("manager"), world.keys["draft"], soon)


CALLS: dict[str, Call] = {
    "signIn": Call(
        "anonymous", {"email": "{other_customer}", "password": PASSWORD}, is_outside=True
    ),
    "signUp": Call("anonymous", PERSON, is_outside=True),
    "signOut": Call("customer"),
    "signOutEverywhere": Call("customer"),
    "takeSecondStep": Call("anonymous", prepare=_proof_and_code, is_outside=True),
    "signInByPasskey": Call("anonymous", prepare=_use_passkey),
    "setUpTotp": Call("manager", {}),
    "confirmTotp": Call("manager", prepare=_app_to_confirm),
    "removeTotp": Call("manager", {}, prepare=_app),
    "makeRecoveryCodes": Call("customer", {}),
    "addPasskey": Call("customer", prepare=_new_passkey),
    "renamePasskey": Call("customer", {"name": "Telephone"}, {"uid": "passkey"}),
    "removePasskey": Call("customer", {}, {"uid": "passkey"}),
    "askToChangeEmail": Call(
        "mixed", {"email": "newest@example.org", "current_password": PASSWORD}, is_outside=True
    ),
    "makeApiKey": Call("manager", {"name": "Till", "permissions": ["read:store_products"]}),
    "revokeApiKey": Call("customer", None, {"uid": "key"}),
    "changeRole": Call("admin", {"role": "manager"}, {"uid": "person"}),
    "endSessionOfPerson": Call("admin", None, {"uid": "person", "session": "person_session"}),
    "endSessionsOfPerson": Call("admin", None, {"uid": "person"}),
    "invite": Call(
        "manager", {"email": "hand@example.org", "role": "picker"}, {"slug": "manager.store"}
    ),
    "inviteAgain": Call("manager", None, {"slug": "manager.store", "uid": "invitation"}),
    "revokeInvitation": Call("manager", None, {"slug": "manager.store", "uid": "invitation"}),
    "acceptInvitation": Call(
        "other_customer", prepare=lambda world: {"token": world.keys["token"]}
    ),
    "changeMember": Call(
        "manager", {"role": "courier"}, {"slug": "manager.store", "uid": "member"}
    ),
    "removeMember": Call("manager", None, {"slug": "manager.store", "uid": "member"}),
    "leaveStore": Call("picker", None, {"slug": "manager.store"}),
    "applyAsManager": Call("anonymous", APPLICANT, is_outside=True),
    "applyAgain": Call("rejected", {"wished_store": "Tea"}),
    "changeMe": Call("customer", {"name": "Asha R."}),
    "changePassword": Call(
        "other_manager",
        {"current_password": PASSWORD, "new_password": NEW_PASSWORD},
        is_outside=True,
    ),
    "addAddress": Call("customer", HOME),
    "changeAddress": Call("customer", HOME, {"uid": "address"}),
    "removeAddress": Call("customer", None, {"uid": "address"}),
    "exportMyData": Call("customer"),
    "eraseMe": Call("other_customer", {"password": PASSWORD}, is_outside=True),
    "keepMe": Call("other_customer", is_outside=True),
    "erasePerson": Call("admin", None, {"uid": "person"}),
    "keepPerson": Call("admin", None, {"uid": "person"}, prepare=_let_end),
    "endSession": Call("customer", None, {"uid": "session"}),
    "endOtherSessions": Call("other_customer", prepare=_second_session),
    "suspendPerson": Call("admin", {"reason": "unpaid bills"}, {"uid": "person"}),
    "reinstatePerson": Call("admin", None, {"uid": "person"}, prepare=_suspend),
    "approveManager": Call("admin", {"new_store": {"name": "Tea"}}, {"uid": "application"}),
    "rejectManager": Call("admin", {"reason": "Too far away."}, {"uid": "application"}),
    "createCategory": Call("admin", {"name": "Tea"}),
    "editCategory": Call("admin", {"name": "Cold drinks"}, {"slug": "category"}),
    "deleteCategory": Call("admin", None, {"slug": "empty_category"}),
    "addSynonym": Call("admin", {"word": "chips", "other": "crisps"}),
    "deleteSynonym": Call("admin", None, {"uid": "synonym"}),
    "putCategoryPicture": Call("admin", b"picture", {"slug": "category"}, is_outside=True),
    "requestCategory": Call("manager", {"kind": "create", "name": "Coffee"}),
    "approveCategoryRequest": Call("admin", None, {"uid": "request"}),
    "rejectCategoryRequest": Call("admin", {"reason": "We have it."}, {"uid": "request"}),
    "withdrawCategoryRequest": Call("manager", None, {"uid": "request"}),
    "createProduct": Call(
        "manager",
        {"title": "Rice", "category": "drinks", "price": {"amount": 5000, "currency": "INR"}},
        {"store": "manager.store"},
    ),
    "editProduct": Call(
        "manager", {"title": "Oats"}, {"slug": "product"}, headers={"If-Match": '"2"'}
    ),
    "hideProduct": Call("manager", None, {"slug": "product"}),
    "archiveProduct": Call("manager", None, {"slug": "product"}),
    "publishProduct": Call("manager", None, {"slug": "draft"}),
    "putProductPicture": Call("manager", b"picture", {"slug": "product"}, is_outside=True),
    "removeProductPicture": Call("manager", None, {"slug": "product"}),
    "addPicture": Call("manager", b"picture", {"slug": "product"}, is_outside=True),
    "arrangePictures": Call("manager", {"names": ["back.webp", "oats.webp"]}, {"slug": "product"}),
    "describePicture": Call("manager", {"alt": "A carton"}, {"slug": "product", "name": "picture"}),
    "removePicture": Call("manager", None, {"slug": "product", "name": "picture"}),
    "planPrice": Call(
        "manager",
        {"price": {"amount": 5000, "currency": "INR"}, "due_at": "2027-06-01T00:00:00Z"},
        {"slug": "product"},
    ),
    "cancelPlannedPrice": Call("manager", None, {"slug": "product", "uid": "plan"}),
    "planPublication": Call("manager", {"publish_at": "2027-06-01T00:00:00Z"}, {"slug": "draft"}),
    "cancelPublication": Call("manager", None, {"slug": "draft"}, prepare=_plan_the_draft),
    "changeStock": Call("manager", {"low_at": 3}, {"slug": "product"}),
    "exportProducts": Call("other_manager", {}),
    "cancelJob": Call("manager", None, {"uid": "job"}),
    "placeOrder": Call("customer", ORDER, headers={"Idempotency-Key": "one"}),
    "cancelOrder": Call("customer", {}, {"number": "order"}),
    "moveOrder": Call("manager", {"to": "accepted"}, {"number": "order"}),
    "sendMonthlyReports": Call("admin", {"month": "2026-10"}),
    "startCheck": Call("admin"),
    "writeReview": Call("customer", {"stars": 2, "text": "Not so good."}, {"slug": "product"}),
    "withdrawReview": Call("customer", None, {"slug": "product"}),
    "moveReview": Call("admin", {"to": "hidden", "reason": "private"}, {"uid": "review"}),
    "reportReview": Call("manager", {"complaint": "untrue"}, {"uid": "review"}),
    "dismissReports": Call("admin", None, {"uid": "review"}),
    "answerReview": Call("manager", {"text": "Thank you."}, {"uid": "review"}),
    "makeList": Call("customer", {"name": "Party"}),
    "renameList": Call("customer", {"name": "Feast"}, {"uid": "list"}),
    "deleteList": Call("customer", None, {"uid": "list"}),
    "shareList": Call("customer", {"may": "edit"}, {"uid": "list"}),
    "revokeListLink": Call("customer", None, {"uid": "list", "link": "link"}),
    "resolveIncident": Call("admin", {"note": "counted again"}, {"uid": "incident"}),
    "createStore": Call("admin", {"name": "Tea House"}),
    "changeStore": Call("manager", {"city": "Pune"}, {"slug": "manager.store"}),
    "closeStore": Call("admin", None, {"slug": "manager.store"}),
    "beginHoliday": Call("manager", None, {"slug": "manager.store"}),
    "openStore": Call("manager", None, {"slug": "manager.store"}, prepare=_rest),
}
# Reviewed: what changes nothing that anybody is answerable for, or is written in another ledger.
UNAUDITED = {
    "emptyBasket": "a basket is a wish; the order made of it is audited",
    "setBasketLine": "as above",
    "removeBasketLine": "as above",
    "putListInBasket": "as above",
    "putSharedListInBasket": "as above",
    "keepFavourite": "a wish",
    "dropFavourite": "as above",
    "setListLine": "a wish; its row remembers who added it",
    "removeListLine": "as above",
    "setSharedListLine": "as above",
    "removeSharedListLine": "as above",
    "quoteBasket": "computes, writes nothing",
    "startCheckout": "goods are kept for minutes; the order made of them is audited",
    "leaveCheckout": "as above",
    "refresh": "carries a session on; its misuse is audited",
    "checkPassword": "answers, writes nothing",
    "beginPasskey": "a challenge, good for five minutes; the passkey made with it is audited",
    "beginPasskeySignIn": "as above, for anybody",
    "askForPasswordReset": "anybody may ask for anybody, and nothing may tell whether there is one",
    "askForEmailConfirmation": "as above",
    "moveStock": "the insert-only ledger of stock says who, what, when and why",
}
# They need the link of a mail; their rows are looked at by the tests named here.
SHOWN_ELSEWHERE = {
    "resetPassword": "tests/accounts/test_reset.py",
    "confirmEmail": "tests/accounts/test_confirmation.py",
}


@dataclass(frozen=True)
class Route:
    method: str
    path: str


def operations(app: Any) -> dict[str, Route]:
    """The operations that change something, by their id."""
    found = {}
    for rule in app.url_map.iter_rules():
        declared = getattr(app.view_functions[rule.endpoint], "__operation__", None)
        method = next(iter((rule.methods or set()) - {"HEAD", "OPTIONS"}))
        if declared is not None and method != "GET":
            found[declared.operation_id] = Route(method, rule.rule)
    return found


@query
def deeds(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(AuditEvent)).scalar_one()


@pytest.fixture
def world(app: Any) -> World:
    made = build(app)
    speak(made)
    admin, manager = made.actor("admin"), made.actor("manager")
    made.keys["empty_category"] = create_category(admin, NewCategory(name="Empty")).slug
    price = Money(100, "INR")
    draft = NewProduct(title="Draft", category=made.keys["category"], price=price)
    made.keys["draft"] = create_product(manager, made.keys["manager.store"], draft).slug
    return made


def perform(world: World, call: Call, route: Route) -> Any:
    visitor = world.people[call.who]
    values = {name: world.keys[key] for name, key in call.values.items()}
    path = re.sub(r"<(\w+)>", lambda found: values[found[1]], route.path)
    # From elsewhere than where the world was made: its sign-ups count there.
    elsewhere = {"REMOTE_ADDR": "198.51.100.7"}
    options: dict[str, Any] = {
        "headers": {**visitor.headers, **call.headers}, "environ_overrides": elsewhere
    }  # fmt: skip
    if call.body == b"picture":
        options |= {"data": picture(), "content_type": "image/png"}
    elif call.body is not None:
        emails = {"other_customer": world.people["other_customer"].email}
        filled = {
            name: value.format_map(emails) if name == "email" else value
            for name, value in call.body.items()
        }
        options["json"] = filled
    return visitor.client.open(path, method=route.method, **options)


def test_every_operation_has_a_call_or_a_reason(app: Any) -> None:
    assert set(operations(app)) == set(CALLS) | set(UNAUDITED) | set(SHOWN_ELSEWHERE)


def test_every_change_leaves_a_row_and_no_secret(
    app: Any, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    known, secrets = operations(app), {PASSWORD, NEW_PASSWORD}
    secrets |= {token for visitor in world.people.values() for token in tokens_of(visitor)}
    for name, call in sorted(CALLS.items(), key=lambda item: item[1].is_outside):
        with rolled_back(unless=call.is_outside):
            made = call.prepare(world) if call.prepare else None
            before = deeds()
            answer = perform(world, replace(call, body=made or call.body), known[name])
            assert 200 <= answer.status_code < 300, (name, answer.status_code, answer.json)
            assert deeds() > before, f"{name} left no row in the audit log"
            secrets |= told_tokens(answer)
    written = [repr(row) for table in (AuditEvent, Outbox) for row in rows(table)]
    logged = [record.getMessage() for record in caplog.records]
    assert len(secrets) > 10
    assert not [(secret, text) for text in written + logged for secret in secrets if secret in text]


def tokens_of(visitor: Visitor) -> set[str]:
    made = visitor.tokens
    return {made.access_token, made.refresh_token} - {""} if made else set()


def told_tokens(answer: Any) -> set[str]:
    told = answer.get_json(silent=True) or {}
    codes = set(told.get("recovery_codes", ()))
    names = ("access_token", "refresh_token", "token", "secret", "proof")
    return codes | {told[name] for name in names if told.get(name)}


def test_a_row_says_who_what_where_and_by_which_request(app: Any, world: World) -> None:
    answer = perform(world, CALLS["changeStore"], operations(app)["changeStore"])
    deed = rows(AuditEvent)[-1]
    assert (deed.action, deed.role, deed.network) == ("store.changed", "manager", "198.51.100.0/24")
    assert (deed.before, deed.after) == ({"city": ""}, {"city": "Pune"})
    assert deed.actor_id == world.actor("manager").account_id
    assert deed.session_id is not None
    assert deed.request_id == answer.headers["X-Request-ID"]
