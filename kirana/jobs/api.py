"""Jobs over JSON, each person their own."""

from flask import Blueprint

from kirana.accounts.permissions import Permission
from kirana.jobs import queries, services
from kirana.jobs.shapes import JobView
from kirana.platform.access import Actor
from kirana.platform.errors import IllegalMove, NotFound
from kirana.platform.http import operation, requires
from kirana.platform.paging import Page, PageQuery

api = Blueprint("api", __name__)


@api.get("/jobs")
@requires(Permission.READ_OWN_JOBS)
@operation("listJobs")
def list_jobs(actor: Actor, query: PageQuery) -> Page[JobView]:
    """Your jobs, newest first."""
    return queries.list_jobs(actor, query)


@api.get("/jobs/<uid>")
@requires(Permission.READ_OWN_JOBS)
@operation("getJob", raises=(NotFound,))
def get_job(actor: Actor, uid: str) -> JobView:
    """How far a job is: state, percent, rows, seconds left."""
    return queries.get_job(actor, uid)


@api.post("/jobs/<uid>/cancellation")
@requires(Permission.WRITE_OWN_JOBS)
@operation("cancelJob", raises=(NotFound, IllegalMove), idempotency="accepted")
def cancel_job(actor: Actor, uid: str) -> JobView:
    """Stop a job of yours that is queued or running."""
    services.cancel_job(actor, uid)
    return queries.get_job(actor, uid)
