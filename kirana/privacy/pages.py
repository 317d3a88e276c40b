"""Your data: have it as a file, or have it gone."""

from typing import Any

import msgspec
from flask import Blueprint, Response

from kirana.accounts.errors import LastAdmin
from kirana.accounts.permissions import Permission
from kirana.accounts.queries import get_me
from kirana.accounts.shapes import Secret
from kirana.accounts.web_session import counted_try
from kirana.jobs.cards import job_card
from kirana.jobs.queries import get_job, list_jobs
from kirana.jobs.shapes import JobView
from kirana.platform.errors import Invalid, NotFound
from kirana.platform.http import current_actor, limited, requires
from kirana.platform.pages import Form, note, posted, render, see_other, wants_fragment
from kirana.platform.paging import PageQuery
from kirana.privacy.downloads import data_response, grace_days
from kirana.privacy.errors import SoleOwner
from kirana.privacy.queries import KIND
from kirana.privacy.services import erasing, exporting

pages = Blueprint("privacy", __name__)
SHOWN = 20
YOUR_DATA = ".your_data"
NOTES = {
    "queued": "It begins in a moment. You can leave this page; we write to you.",
    "running": "You can leave this page; we write to you.",
    "cancelled": "It was stopped.",
    "expired": "Files are kept for seven days. Ask for a new one.",
}


class ErasureForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The password, once more."""

    password: Secret = ""


@pages.get("/account/data")
@requires(Permission.READ_OWN_PROFILE)
def your_data() -> Response:
    """What is kept, as a file; and the end of the account."""
    return _page(Form())


@pages.post("/account/data")
@requires(Permission.WRITE_OWN_PROFILE)
@limited("hour", "export_per_hour")
def ask_for_data() -> Response:
    """Ask for the file; asked twice within a minute it is one."""
    if not exporting.request_data(current_actor()).is_new:
        note("Your file is on its way already.")
    return see_other(YOUR_DATA)


@pages.get("/account/data/<uid>")
@requires(Permission.READ_OWN_PROFILE)
def data_progress(uid: str) -> Response:
    """How far the file is; a script asks for the part ``job``."""
    job = get_job(current_actor(), uid)
    if job.kind != KIND:
        raise NotFound
    if wants_fragment("job"):
        return render("fragments/job.html", job=_card(job))
    return _page(Form())


@pages.get("/account/data/<uid>/file")
@requires(Permission.WRITE_OWN_PROFILE)
def data_file(uid: str) -> Response:
    """The finished file."""
    return data_response(current_actor(), uid)


@pages.post("/account/erasure")
@requires(Permission.WRITE_OWN_PROFILE)
def erase_me() -> Response:
    """Ask for the end of the account."""
    actor = current_actor()
    try:
        given = posted(ErasureForm)
        with counted_try(actor.email):
            erasing.ask_erasure(actor, given.password, grace_days())
    except (Invalid, LastAdmin, SoleOwner) as error:
        shown = error if isinstance(error, Invalid) else Invalid(error.detail)
        return _page(Form.posted(shown), error.status)
    note("Your account will be erased. We wrote to you how to keep it.", "success")
    return see_other(YOUR_DATA)


@pages.post("/account/erasure/withdrawal")
@requires(Permission.WRITE_OWN_PROFILE)
def keep_me() -> Response:
    """Take it back."""
    erasing.keep_account(current_actor())
    note("Your account stays.", "success")
    return see_other(YOUR_DATA)


def _page(form: Form, status: int = 200) -> Response:
    actor = current_actor()
    found = list_jobs(actor, PageQuery(limit=SHOWN)).items
    jobs = [_card(job) for job in found if job.kind == KIND]
    me = get_me(actor)
    return render(
        "privacy/data.html", status, form=form, jobs=jobs, erase_at=me.erase_at, days=grace_days()
    )


def _card(job: JobView) -> dict[str, Any]:
    return job_card(job, "Your data", f"/account/data/{job.uid}", NOTES)
