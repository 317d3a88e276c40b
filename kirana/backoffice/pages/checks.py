"""What the nightly check found, for the admin: incidents, and a check right now."""

from typing import Any

import msgspec
from flask import Response, request, url_for

from kirana.accounts.permissions import Permission
from kirana.backoffice.pages.blueprint import admin_page, pages, refused
from kirana.jobs.cards import job_card
from kirana.jobs.queries import get_job, list_jobs
from kirana.jobs.shapes import JobView
from kirana.oversight.queries import CHECK, IncidentsQuery, last_checked_at, list_incidents
from kirana.oversight.services import request_check, resolve_incident
from kirana.platform.errors import IllegalMove, Invalid, NotFound
from kirana.platform.http import current_actor, requires
from kirana.platform.inputs import texts_to_struct
from kirana.platform.pages import Form, note, posted, render, see_other, wants_fragment
from kirana.platform.paging import PageQuery

PAGE_SIZE = 20
SHOWN_JOBS = 3
LIST = ".checks"
NOTES = {
    "running": "You can leave this page.",
    "queued": "It begins in a moment. You can leave this page.",
    "done": "What it found stands below.",
    "cancelled": "It was stopped.",
}
STATES = (("", "All"), ("open", "Open"), ("resolved", "Resolved"))


class NoteForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was done about it."""

    note: str = ""


@pages.get("/checks")
@requires(Permission.READ_INCIDENTS)
def checks() -> Response:
    """What was found, newest first."""
    return _page()


@pages.post("/checks")
@requires(Permission.WRITE_INCIDENTS)
def check_now() -> Response:
    """Have the books checked now; asked twice within a minute it is one check."""
    if not request_check(current_actor()).is_new:
        note("This check is on its way already, or ended a moment ago.")
    return see_other(LIST)


@pages.get("/checks/<uid>")
@requires(Permission.READ_INCIDENTS)
def check_progress(uid: str) -> Response:
    """How far a check is; a script asks for the part ``job``."""
    job = get_job(current_actor(), uid)
    if job.kind != CHECK:
        raise NotFound
    if wants_fragment("job"):
        return render("office/fragments/job.html", job=_card(job))
    return _page()


@pages.post("/checks/<uid>/resolution")
@requires(Permission.WRITE_INCIDENTS)
def resolve(uid: str) -> Response:
    """Close an incident with a note."""
    try:
        resolve_incident(current_actor(), uid, posted(NoteForm).note)
    except (Invalid, IllegalMove) as error:
        return _page(refused(error), uid, error.status)
    note("Resolved. If the rule is broken still, the next check says so.", "success")
    return see_other(LIST)


def _page(form: Form | None = None, form_uid: str = "", code: int = 200) -> Response:
    actor = current_actor()
    wanted = _wanted()
    found = list_incidents(actor, wanted)
    chosen: dict[str, Any] = {"state": wanted.state} if wanted.state else {}
    jobs = [job for job in list_jobs(actor, PageQuery()).items if job.kind == CHECK]
    return admin_page(
        "office/checks.html",
        code,
        incidents=found.items,
        form=form or Form(),
        form_uid=form_uid,
        jobs=[_card(job) for job in jobs[:SHOWN_JOBS]],
        checked_at=last_checked_at(actor),
        segments=[
            {"text": text, "url": url_for(LIST, state=state or None),
             "current": (wanted.state or "") == state}
            for state, text in STATES
        ],
        first_url=url_for(LIST, **chosen) if wanted.cursor else None,
        next_url=url_for(LIST, **chosen, cursor=found.next_cursor) if found.next_cursor else None,
    )  # fmt: skip


def _wanted() -> IncidentsQuery:
    """From the address; all of them where it says nothing that can be understood."""
    typed = {name: [text] for name, text in request.args.items() if name in ("state", "cursor")}
    try:
        wanted: IncidentsQuery = texts_to_struct(typed, IncidentsQuery)
    except Invalid:
        return IncidentsQuery(limit=PAGE_SIZE)
    return msgspec.structs.replace(wanted, limit=PAGE_SIZE)


def _card(job: JobView) -> dict[str, Any]:
    card = job_card(job, "Check of the books", url_for(".check_progress", uid=job.uid), NOTES)
    return card | {"rows_text": f"{job.rows_done} rules" if job.rows_done else None}
