"""A store's product exports: start one, watch it, fetch the file."""

from typing import Any

from flask import Response

from kirana.accounts.permissions import Permission
from kirana.backoffice.pages.blueprint import my_store, pages, store_page
from kirana.exports.downloads import export_response
from kirana.exports.services import request_export
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
STATE_WORDS = {
    "queued": "Waiting",
    "running": "Running",
    "done": "Done",
    "failed": "Failed",
    "cancelled": "Cancelled",
    "expired": "Deleted",
}
NOTES = {
    "queued": "It begins in a moment. You can leave this page; we mail you the file.",
    "done": "The file is in your mail too.",
    "cancelled": "It was stopped; nothing was mailed.",
    "expired": "Files are kept for seven days. Start a new export.",
}


@pages.get("/<store_slug>/exports")
@requires(Permission.READ_EXPORTS)
def exports(store_slug: str) -> Response:
    """The caller's exports, newest first."""
    return _page(my_store(store_slug, Permission.READ_EXPORTS))


@pages.post("/<store_slug>/exports")
@requires(Permission.WRITE_EXPORTS)
@limited("hour", "export_per_hour")
def start_export(store_slug: str) -> Response:
    """Export the store's products; asked twice within a minute it is one export."""
    store = my_store(store_slug, Permission.WRITE_EXPORTS)
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
    store = my_store(store_slug, Permission.READ_EXPORTS)
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
    my_store(store_slug, Permission.READ_EXPORTS)
    return export_response(current_actor(), uid)


def _page(store: StoreView, problem: str = "", code: int = 200) -> Response:
    found = list_jobs(current_actor(), PageQuery(limit=SHOWN)).items
    jobs = [_card(store, job) for job in found if job.kind == "export"]
    return store_page("office/exports.html", store, code, jobs=jobs, problem=problem)


def _card(store: StoreView, job: JobView) -> dict[str, Any]:
    """The fields of ``components/job.html``."""
    address = f"/office/{store.slug}/exports/{job.uid}"
    return {
        "uid": job.uid,
        "url": address,
        "title": "Products",
        "file_name": None,
        "state": job.state,
        "state_text": STATE_WORDS[job.state],
        "percent": job.percent,
        "rows_text": _rows(job),
        "note": _left(job) if job.state == "running" else NOTES.get(job.state),
        "download_url": f"{address}/file" if job.file else None,
        "error": job.error,
    }


def _rows(job: JobView) -> str | None:
    if job.rows_total is None:
        return None
    if job.state == "running":
        return f"{job.rows_done:,} of {_counted(job.rows_total)}"
    return _counted(job.rows_done)


def _counted(rows: int) -> str:
    return f"{rows:,} row" + ("" if rows == 1 else "s")


def _left(job: JobView) -> str:
    if job.seconds_left is None:
        return "You can leave this page; we mail you the file."
    seconds = max(job.seconds_left, 1)
    return f"About {seconds} seconds left. You can leave this page; we mail you the file."
