"""Product exports over JSON."""

from typing import Annotated

import msgspec
from flask import Blueprint, Response

from kirana.accounts.permissions import Permission
from kirana.exports import services
from kirana.exports.downloads import export_response
from kirana.exports.errors import ExportExpired
from kirana.jobs.errors import JobRunning
from kirana.jobs.queries import get_job
from kirana.jobs.shapes import JobView
from kirana.platform.access import Actor
from kirana.platform.errors import NotFound, TooMany
from kirana.platform.http import Answer, limited, operation, requires

api = Blueprint("api", __name__)


class ExportWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which store's products; needed by who runs several."""

    store_slug: Annotated[str, msgspec.Meta(min_length=1, max_length=120)] | None = None


@api.post("/exports")
@requires(Permission.WRITE_EXPORTS)
@limited("hour", "export_per_hour")
@operation(
    "exportProducts", status=202, raises=(NotFound, JobRunning, TooMany), idempotency="accepted"
)
def export_products(actor: Actor, body: ExportWanted) -> Answer[JobView]:
    """Export a store's products as CSV: a job, and a mail with the file when it is done."""
    job = services.request_export(actor, body.store_slug)
    return Answer(get_job(actor, job.uid), headers={"Location": f"/api/v1/jobs/{job.uid}"})


@api.get("/exports/<uid>/file")
@requires(Permission.READ_EXPORTS)
@operation("downloadExport", raises=(ExportExpired,))
def export_file(actor: Actor, uid: str) -> Response:
    """The finished file, for who asked for it and still runs the store."""
    return export_response(actor, uid)
