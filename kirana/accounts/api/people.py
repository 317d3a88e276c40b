"""What admins see and do: /people and /manager-applications."""

from kirana.accounts import queries, second_step, services
from kirana.accounts.api.blueprint import api
from kirana.accounts.errors import BeyondYourRights, LastAdmin
from kirana.accounts.permissions import Permission
from kirana.accounts.shapes import (
    Application,
    ApplicationsQuery,
    PeopleQuery,
    Person,
    PersonDetail,
    RoleChange,
    Suspension,
)
from kirana.platform.access import Actor
from kirana.platform.errors import Conflict, IllegalMove, NotFound, TooMany
from kirana.platform.http import operation, requires
from kirana.platform.paging import Page


@api.get("/manager-applications")
@requires(Permission.READ_APPROVALS)
@operation("listManagerApplications")
def list_applications(actor: Actor, query: ApplicationsQuery) -> Page[Application]:
    """Managers' applications, newest first."""
    return queries.list_applications(actor, query)


@api.get("/manager-applications/<uid>")
@requires(Permission.READ_APPROVALS)
@operation("showManagerApplication", raises=(NotFound,))
def show_application(actor: Actor, uid: str) -> Application:
    """One manager's application."""
    return queries.get_application(actor, uid)


@api.get("/people")
@requires(Permission.READ_PEOPLE)
@operation("listPeople")
def list_people(actor: Actor, query: PeopleQuery) -> Page[Person]:
    """Accounts by role, status and a piece of name or e-mail address, newest first."""
    return queries.list_people(actor, query)


@api.get("/people/<uid>")
@requires(Permission.READ_PEOPLE)
@operation("showPerson", raises=(NotFound,))
def show_person(actor: Actor, uid: str) -> PersonDetail:
    """One account with its history."""
    return queries.get_person(actor, uid)


@api.post("/people/<uid>/suspension")
@requires(Permission.WRITE_PEOPLE)
@operation(
    "suspendPerson",
    raises=(NotFound, BeyondYourRights, IllegalMove, LastAdmin),
    idempotency="accepted",
)
def suspend(actor: Actor, uid: str, body: Suspension) -> PersonDetail:
    """Shut a person out; every session of theirs ends at once."""
    services.suspend(actor, uid, body.reason)
    return queries.get_person(actor, uid)


@api.post("/people/<uid>/reinstatement")
@requires(Permission.WRITE_PEOPLE)
@operation(
    "reinstatePerson", raises=(NotFound, BeyondYourRights, IllegalMove), idempotency="accepted"
)
def reinstate(actor: Actor, uid: str) -> PersonDetail:
    """Let a suspended person sign in again."""
    services.reinstate(actor, uid)
    return queries.get_person(actor, uid)


@api.put("/people/<uid>/role")
@requires(Permission.WRITE_PEOPLE)
@operation("changeRole", raises=(NotFound, BeyondYourRights, LastAdmin, Conflict, TooMany))
def change_role(actor: Actor, uid: str, body: RoleChange) -> PersonDetail:
    """Give a person another role; every session of theirs ends at once."""
    second_step.change_role(actor, uid, body)
    return queries.get_person(actor, uid)
