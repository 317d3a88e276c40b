"""People over JSON: /auth, /me, and the admin's /people and /manager-applications."""

from flask import Blueprint

from kirana.accounts import queries, services, web_session
from kirana.accounts.errors import (
    AccountClosed,
    AccountSuspended,
    LastAdmin,
    RefreshRefused,
    SignInFailed,
    TooManyAddresses,
)
from kirana.accounts.permissions import Permission
from kirana.accounts.shapes import (
    Accepted,
    AddressDetails,
    AddressView,
    Application,
    ApplicationsQuery,
    Credentials,
    ManagerApplication,
    Me,
    PasswordChange,
    PeopleQuery,
    Person,
    PersonDetail,
    ProfileChange,
    RefreshToken,
    RenewedApplication,
    SessionView,
    SignUp,
    Suspension,
    Tokens,
)
from kirana.platform.access import Actor
from kirana.platform.errors import IllegalMove, NotFound, TooMany
from kirana.platform.http import operation, public, requires
from kirana.platform.paging import Page

api = Blueprint("api", __name__)
WELCOME = Accepted("Thank you. You can sign in now, unless you had an account: see your mail.")
WAITING = Accepted("Thank you. Sign in to see what became of your application.")


@api.post("/auth/sign-up")
@public
@operation("signUp", status=202, raises=(TooMany,))
def sign_up(body: SignUp) -> Accepted:
    """Become a customer; sign in next. The answer is the same for a known address."""
    web_session.limit_sign_up()
    services.sign_up(web_session.visitor(), body, web_session.shop_zone())
    return WELCOME


@api.post("/auth/manager-applications")
@public
@operation("applyAsManager", status=202, raises=(TooMany,))
def apply_as_manager(body: ManagerApplication) -> Accepted:
    """Apply to run a store; an admin decides. The answer is the same for a known address."""
    web_session.limit_sign_up()
    services.apply_as_manager(web_session.visitor(), body, web_session.shop_zone())
    return WAITING


@api.post("/auth/sign-in")
@public
@operation("signIn", status=201, raises=(SignInFailed, AccountSuspended, AccountClosed, TooMany))
def sign_in(body: Credentials) -> Tokens:
    """Open a session: an access token for 15 minutes and a refresh token."""
    web_session.limit_sign_in(body.email)
    visitor = web_session.visitor()
    return services.sign_in(visitor, web_session.keys(), body, web_session.device())


@api.post("/auth/refresh")
@public
@operation("refresh", status=201, raises=(RefreshRefused,))
def refresh(body: RefreshToken) -> Tokens:
    """Exchange a refresh token for a new pair; the old one is used up."""
    return services.refresh(web_session.visitor(), web_session.keys(), body.refresh_token)


@api.post("/auth/sign-out")
@requires(Permission.READ_OWN_PROFILE)
@operation("signOut")
def sign_out(actor: Actor) -> None:
    """End this session; its tokens are dead at once."""
    services.sign_out(actor)
    if actor.via == "cookie":
        web_session.forget()


@api.get("/me")
@requires(Permission.READ_OWN_PROFILE)
@operation("showMe")
def show_me(actor: Actor) -> Me:
    """Who I am, and what I may do right now."""
    return queries.get_me(actor)


@api.patch("/me")
@requires(Permission.WRITE_OWN_PROFILE)
@operation("changeMe")
def change_me(actor: Actor, body: ProfileChange) -> Me:
    """Change my name, time zone, locale or whether I want the monthly report."""
    services.change_profile(actor, body)
    return queries.get_me(actor)


@api.put("/me/password")
@requires(Permission.WRITE_OWN_PROFILE)
@operation("changePassword", raises=(TooMany,))
def change_password(actor: Actor, body: PasswordChange) -> Tokens:
    """Change my password; all other sessions end, this one goes on with the new tokens."""
    web_session.limit_sign_in(actor.email)
    tokens = services.change_password(actor, web_session.keys(), body)
    if actor.via == "cookie":
        web_session.start(tokens)
    return tokens


@api.get("/me/sessions")
@requires(Permission.READ_OWN_PROFILE)
@operation("listSessions")
def list_sessions(actor: Actor) -> list[SessionView]:
    """Where I am signed in."""
    return queries.list_sessions(actor)


@api.delete("/me/sessions")
@requires(Permission.WRITE_OWN_PROFILE)
@operation("endOtherSessions")
def end_other_sessions(actor: Actor) -> None:
    """Sign out everywhere else."""
    services.end_other_sessions(actor)


@api.delete("/me/sessions/<uid>")
@requires(Permission.WRITE_OWN_PROFILE)
@operation("endSession", raises=(NotFound,))
def end_session(actor: Actor, uid: str) -> None:
    """Sign out one device."""
    services.end_session(actor, uid)


@api.get("/me/addresses")
@requires(Permission.READ_OWN_PROFILE)
@operation("listAddresses")
def list_addresses(actor: Actor) -> list[AddressView]:
    """My addresses, newest first."""
    return queries.list_addresses(actor)


@api.post("/me/addresses")
@requires(Permission.WRITE_OWN_PROFILE)
@operation("addAddress", status=201, raises=(TooManyAddresses,), idempotency="accepted")
def add_address(actor: Actor, body: AddressDetails) -> AddressView:
    """Keep another address."""
    return services.add_address(actor, body)


@api.put("/me/addresses/<uid>")
@requires(Permission.WRITE_OWN_PROFILE)
@operation("changeAddress", raises=(NotFound,))
def change_address(actor: Actor, uid: str, body: AddressDetails) -> AddressView:
    """Replace one of my addresses."""
    return services.change_address(actor, uid, body)


@api.delete("/me/addresses/<uid>")
@requires(Permission.WRITE_OWN_PROFILE)
@operation("removeAddress", raises=(NotFound,))
def remove_address(actor: Actor, uid: str) -> None:
    """Forget one of my addresses."""
    services.remove_address(actor, uid)


@api.get("/me/manager-application")
@requires(Permission.READ_OWN_APPLICATION)
@operation("showMyApplication", raises=(NotFound,))
def show_my_application(actor: Actor) -> Application:
    """My latest application as a manager, and what was decided."""
    return queries.get_own_application(actor)


@api.post("/me/manager-application")
@requires(Permission.WRITE_OWN_APPLICATION)
@operation("applyAgain", status=201, raises=(IllegalMove,), idempotency="accepted")
def apply_again(actor: Actor, body: RenewedApplication) -> Application:
    """Apply again after a refusal."""
    services.apply_again(actor, body)
    return queries.get_own_application(actor)


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
@operation("suspendPerson", raises=(NotFound, IllegalMove, LastAdmin), idempotency="accepted")
def suspend(actor: Actor, uid: str, body: Suspension) -> PersonDetail:
    """Shut a person out; every session of theirs ends at once."""
    services.suspend(actor, uid, body.reason)
    return queries.get_person(actor, uid)


@api.post("/people/<uid>/reinstatement")
@requires(Permission.WRITE_PEOPLE)
@operation("reinstatePerson", raises=(NotFound, IllegalMove), idempotency="accepted")
def reinstate(actor: Actor, uid: str) -> PersonDetail:
    """Let a suspended person sign in again."""
    services.reinstate(actor, uid)
    return queries.get_person(actor, uid)
