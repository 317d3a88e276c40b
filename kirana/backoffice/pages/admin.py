"""The admin's screens: who may run a store, the categories, the people, the monthly reports."""

from typing import Any

import msgspec
from flask import Response, request, url_for

from kirana.accounts.errors import BeyondYourRights
from kirana.accounts.factor_queries import is_fresh
from kirana.accounts.permissions import Permission
from kirana.accounts.queries import get_person, list_applications, list_people
from kirana.accounts.second_step import change_role, is_about_admin
from kirana.accounts.services import reinstate, suspend
from kirana.accounts.shapes import ApplicationsQuery, PeopleQuery, RoleChange
from kirana.backoffice.pages.blueprint import admin_page, pages, refused
from kirana.backoffice.words import ACCOUNT_WORDS, REQUEST_WORDS
from kirana.platform.errors import Conflict, Invalid
from kirana.platform.http import current_actor, requires
from kirana.platform.inputs import texts_to_struct
from kirana.platform.pages import Form, back, note, posted, see_other
from kirana.platform.shop_settings import settings
from kirana.privacy.services.erasing import ask_erasure_for, keep_account_of
from kirana.stores.queries import get_store, list_all_stores
from kirana.stores.services import approve_manager, reject_manager
from kirana.stores.shapes import NewStore, Placement

PAGE_SIZE = 30
APPROVALS = ".approvals"
PEOPLE = ".people"
ROLES = {"customer": "Customers", "manager": "Managers", "admin": "Admins"}
ROLE_CHOICES = [{"value": name, "label": name.capitalize()} for name in ROLES]


class ApprovalForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Into which store an applicant comes: ``place`` is a slug, or empty for a new store."""

    place: str = ""
    new_name: str = ""

    def placement(self) -> Placement:
        if self.place:
            return Placement(store_slug=self.place)
        if not self.new_name.strip():
            raise Invalid.at("/new_name", "name the new store, or choose one that exists")
        return Placement(new_store=NewStore(name=self.new_name.strip()))


class ReasonForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why something was refused or somebody shut out."""

    reason: str = ""


class RoleForm(RoleChange, frozen=True):
    """A role; ``is_confirmed`` after the page that asks."""

    is_confirmed: bool = False


@pages.get("/approvals")
@requires(Permission.READ_APPROVALS)
def approvals() -> Response:
    """Managers who wait for a decision, and the latest decisions."""
    return _approvals_page(Form(), "")


@pages.post("/approvals/<uid>/approval")
@requires(Permission.WRITE_APPROVALS)
def approve(uid: str) -> Response:
    """Let an applicant in."""
    try:
        place = posted(ApprovalForm).placement()
        slug = approve_manager(current_actor(), uid, place, settings().zone)
    except (Invalid, Conflict) as error:
        return _approvals_page(refused(error), uid, error.status)
    store = get_store(current_actor(), slug)
    note(f"Approved. The manager was written to and works in {store.name} now.", "success")
    return see_other(APPROVALS)


@pages.post("/approvals/<uid>/rejection")
@requires(Permission.WRITE_APPROVALS)
def reject(uid: str) -> Response:
    """Refuse an applicant with a reason, which is mailed."""
    try:
        reject_manager(current_actor(), uid, posted(ReasonForm).reason)
    except (Invalid, Conflict) as error:
        return _approvals_page(refused(error), uid, error.status)
    note("Refused. The applicant was told why.", "success")
    return see_other(APPROVALS)


@pages.get("/people")
@requires(Permission.READ_PEOPLE)
def people() -> Response:
    """Everybody with an account."""
    return _people_page()


@pages.post("/people/<uid>/suspension")
@requires(Permission.WRITE_PEOPLE)
def suspend_person(uid: str) -> Response:
    """Shut somebody out at once."""
    try:
        suspend(current_actor(), uid, posted(ReasonForm).reason)
    except (Invalid, Conflict) as error:
        return _people_page(refused(error), uid, error.status)
    note("Suspended; every session of theirs has ended.", "success")
    return back(url_for(PEOPLE))


@pages.post("/people/<uid>/reinstatement")
@requires(Permission.WRITE_PEOPLE)
def reinstate_person(uid: str) -> Response:
    """Let a suspended person in again."""
    try:
        reinstate(current_actor(), uid)
    except (Invalid, Conflict) as error:
        return _people_page(refused(error), uid, error.status)
    note("Reinstated; they can sign in again.", "success")
    return back(url_for(PEOPLE))


@pages.post("/people/<uid>/erasure")
@requires(Permission.WRITE_PEOPLE)
def erase_person(uid: str) -> Response:
    """Let the account of somebody end who asked for it and cannot sign in."""
    try:
        ask_erasure_for(current_actor(), uid, settings().erase_after_days)
    except Conflict as error:
        return _people_page(refused(error), uid, error.status)
    note("The account will be erased; its owner was written to.", "success")
    return back(url_for(PEOPLE))


@pages.post("/people/<uid>/erasure/withdrawal")
@requires(Permission.WRITE_PEOPLE)
def keep_person(uid: str) -> Response:
    """Take it back."""
    try:
        keep_account_of(current_actor(), uid)
    except Conflict as error:
        return _people_page(refused(error), uid, error.status)
    note("The account stays.", "success")
    return back(url_for(PEOPLE))


@pages.post("/people/<uid>/role")
@requires(Permission.WRITE_PEOPLE)
def change_role_of(uid: str) -> Response:
    """Give somebody another role; their sessions end."""
    actor = current_actor()
    try:
        given = posted(RoleForm)
    except Invalid as error:
        return _people_page(refused(error), uid, error.status)
    try:
        if is_about_admin(actor, uid, given.role) and not given.is_confirmed:
            return _role_page(uid, given.role, Form())
        change_role(actor, uid, RoleChange(given.role, given.current_password))
    except (Invalid, Conflict, BeyondYourRights) as error:
        is_password = isinstance(error, Invalid) and error.errors[0]["pointer"] != "/role"
        if is_password:
            return _role_page(uid, given.role, refused(error), error.status)
        return _people_page(refused(error), uid, error.status)
    note(f"Saved: {given.role}. Every session of theirs has ended.", "success")
    return back(url_for(PEOPLE))


def _role_page(uid: str, role: str, form: Form, code: int = 200) -> Response:
    """Asks, before somebody becomes an admin or is one no more."""
    actor = current_actor()
    person, asks = get_person(actor, uid).person, not is_fresh(actor)
    return admin_page(
        "office/role.html", code, person=person, role=role, form=form, asks_password=asks
    )


def _approvals_page(form: Form, uid: str, code: int = 200) -> Response:
    actor = current_actor()
    waiting = list_applications(actor, ApplicationsQuery(status="requested", limit=100)).items
    latest = list_applications(actor, ApplicationsQuery(limit=PAGE_SIZE)).items
    return admin_page(
        "office/approvals.html",
        code,
        waiting=waiting,
        decided=[item for item in latest if item.status != "requested"],
        stores=[{"value": s.slug, "label": s.name} for s in list_all_stores(actor)],
        form=form,
        form_uid=uid,
        words=REQUEST_WORDS,
    )


def _people_page(form: Form | None = None, uid: str = "", code: int = 200) -> Response:
    wanted = _wanted()
    found = list_people(current_actor(), wanted)
    chosen: dict[str, Any] = {"q": wanted.q, "role": wanted.role, "status": wanted.status}

    def address(**changed: Any) -> str:
        return url_for(PEOPLE, **{**chosen, **changed})

    roles = [(None, "Everybody"), *ROLES.items()]
    return admin_page(
        "office/people.html",
        code,
        people=found.items,
        query=wanted.q or "",
        roles=[
            {"text": text, "url": address(role=role), "current": wanted.role == role}
            for role, text in roles
        ],
        role=wanted.role,
        form=form or Form(),
        form_uid=uid,
        words=ACCOUNT_WORDS,
        role_choices=ROLE_CHOICES,
        me=current_actor().uid,
        first_url=address() if wanted.cursor else None,
        next_url=address(cursor=found.next_cursor) if found.next_cursor else None,
    )


def _wanted() -> PeopleQuery:
    names = ("q", "role", "status", "cursor")
    args = {name: [value] for name, value in request.args.items() if name in names and value}
    try:
        return texts_to_struct({**args, "limit": [str(PAGE_SIZE)]}, PeopleQuery)
    except Invalid:
        return PeopleQuery(limit=PAGE_SIZE)
