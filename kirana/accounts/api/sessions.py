"""Where people are signed in: /me/sessions, and /people/<uid>/sessions for admins."""

from kirana.accounts import services, session_queries, web_session
from kirana.accounts.api.blueprint import api
from kirana.accounts.errors import BeyondYourRights
from kirana.accounts.permissions import Permission
from kirana.accounts.session_shapes import SessionView
from kirana.platform.access import Actor
from kirana.platform.errors import NotFound
from kirana.platform.http import operation, requires
from kirana.platform.paging import Page, PageQuery


@api.get("/me/sessions")
@requires(Permission.READ_OWN_PROFILE)
@operation("listSessions")
def list_sessions(actor: Actor, query: PageQuery) -> Page[SessionView]:
    """Where I am signed in, last seen first."""
    return session_queries.list_sessions(actor, query)


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


@api.post("/auth/sign-out-everywhere")
@requires(Permission.WRITE_OWN_PROFILE)
@operation("signOutEverywhere")
def sign_out_everywhere(actor: Actor) -> None:
    """End all my sessions, this one as well."""
    services.sign_out_everywhere(actor)
    if actor.via == "cookie":
        web_session.forget()


@api.get("/people/<uid>/sessions")
@requires(Permission.READ_PEOPLE)
@operation("listSessionsOfPerson", raises=(NotFound,))
def list_sessions_of(actor: Actor, uid: str, query: PageQuery) -> Page[SessionView]:
    """Where a person is signed in, last seen first."""
    return session_queries.list_sessions_of(actor, uid, query)


@api.delete("/people/<uid>/sessions")
@requires(Permission.WRITE_PEOPLE)
@operation("endSessionsOfPerson", raises=(NotFound, BeyondYourRights))
def end_sessions_of(actor: Actor, uid: str) -> None:
    """Sign a person out everywhere."""
    services.end_sessions_of(actor, uid)


@api.delete("/people/<uid>/sessions/<session>")
@requires(Permission.WRITE_PEOPLE)
@operation("endSessionOfPerson", raises=(NotFound, BeyondYourRights))
def end_session_of(actor: Actor, uid: str, session: str) -> None:
    """Sign out one device of a person."""
    services.end_session_of(actor, uid, session)
