"""A store's product exports: start one, watch it, fetch the file."""

from typing import Any

from flask import Response

from kirana.accounts.permissions import Permission
from kirana.backoffice.pages.blueprint import my_store, pages, store_page
from kirana.exports.downloads import export_response
from kirana.exports.services import request_export
from kirana.jobs.cards import job_card
from kirana.jobs.errors import JobRunning
from kirana.jobs.queries import get_job, list_jobs
from kirana.jobs.shapes import JobView
from kirana.platform.errors import NotFound
from kirana.platform.http import current_actor, limited, requires
from kirana.platform.pages import note, render, see_other, wants_fragment
from kirana.platform.paging import PageQuery
from kirana.stores.shapes import StoreView

SHOWN = 10
LIST = ".exports"
NOTES = {
    "running": "You can leave this page; we mail you the file.",
    "queued": "It begins in a moment. You can leave this page; we mail you the file.",
    "done": "The file is in your mail too.",
    "cancelled": "It was stopped; nothing was mailed.",
    "expired": "Files are kept for seven days. Start a new export.",
}


@pages.get("/<store_slug>/exports")
@requires(Permission.READ_EXPORTS)
def exports(store_slug: str) -> Response:
    """The caller's exports, newest first."""
    return _page(my_store(store_slug))


@pages.post("/<store_slug>/exports")
@requires(Permission.WRITE_EXPORTS)
@limited("hour", "export_per_hour")
def start_export(store_slug: str) -> Response:
    """Export the store's products; asked twice within a minute it is one export."""
    store = my_store(store_slug)
    try:
        job = request_export(current_actor(), store.slug)
    except JobRunning as error:
        return _page(store, error.detail, 409)
    if not job.is_new:
        note("This export is on its way already.")
    return see_other(LIST, store_slug=store.slug)


@pages.get("/<store_slug>/exports/<uid>")
@requires(Permission.READ_EXPORTS)
def export_progress(store_slug: str, uid: str) -> Response:
    """How far an export is; a script asks for the part ``job``."""
    store = my_store(store_slug)
    job = get_job(current_actor(), uid)
    if job.kind != "export":
        raise NotFound
    if wants_fragment("job"):
        return render("office/fragments/job.html", job=_card(store, job))
    return _page(store)


@pages.get("/<store_slug>/exports/<uid>/file")
@requires(Permission.READ_EXPORTS)
def export_download(store_slug: str, uid: str) -> Response:
    """The finished file."""
    my_store(store_slug)
    return export_response(current_actor(), uid)


def _page(store: StoreView, problem: str = "", code: int = 200) -> Response:
    found = list_jobs(current_actor(), PageQuery(limit=SHOWN)).items
    jobs = [_card(store, job) for job in found if job.kind == "export"]
    return store_page("office/exports.html", store, code, jobs=jobs, problem=problem)


def _card(store: StoreView, job: JobView) -> dict[str, Any]:
    return job_card(job, "Products", f"/office/{store.slug}/exports/{job.uid}", NOTES)
