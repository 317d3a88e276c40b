"""One person as an admin sees them: who it is, what happened, where they are signed in."""

from flask import Response, request

from kirana.accounts.permissions import Permission
from kirana.accounts.queries import get_person
from kirana.accounts.services import end_session_of, end_sessions_of
from kirana.accounts.session_queries import list_sessions_of
from kirana.backoffice.pages.admin import ROLE_CHOICES
from kirana.backoffice.pages.blueprint import admin_page, pages
from kirana.backoffice.words import ACCOUNT_WORDS
from kirana.platform.http import current_actor, requires
from kirana.platform.pages import note, see_other
from kirana.platform.paging import PageQuery

PERSON = ".person"


@pages.get("/people/<uid>")
@requires(Permission.READ_PEOPLE)
def person(uid: str) -> Response:
    """A person's state, history and devices."""
    cursor = request.args.get("cursor")
    found = get_person(current_actor(), uid)
    sessions = list_sessions_of(current_actor(), uid, PageQuery(cursor=cursor))
    here = request.path
    return admin_page(
        "office/person.html", person=found.person, history=found.history, sessions=sessions.items,
        words=ACCOUNT_WORDS, role_choices=ROLE_CHOICES, me=current_actor().uid,
        next_url=f"{here}?cursor={sessions.next_cursor}" if sessions.next_cursor else None,
        first_url=here if cursor else None,
    )  # fmt: skip


@pages.post("/people/<uid>/sessions/<session>/end")
@requires(Permission.WRITE_PEOPLE)
def end_persons_session(uid: str, session: str) -> Response:
    """Sign out one device of somebody."""
    end_session_of(current_actor(), uid, session)
    note("That device is signed out.", "success")
    return see_other(PERSON, uid=uid)


@pages.post("/people/<uid>/sessions/end")
@requires(Permission.WRITE_PEOPLE)
def end_persons_sessions(uid: str) -> Response:
    """Sign somebody out everywhere."""
    end_sessions_of(current_actor(), uid)
    note("Signed out everywhere.", "success")
    return see_other(PERSON, uid=uid)
