"""One's own data and the end of one's account over JSON."""

import msgspec
from flask import Blueprint, Response

from kirana.accounts.errors import BeyondYourRights, ErasureUnderWay, LastAdmin
from kirana.accounts.permissions import Permission
from kirana.accounts.queries import get_me, get_person
from kirana.accounts.shapes import Me, PersonDetail, Secret
from kirana.accounts.web_session import counted_try
from kirana.exports.errors import ExportExpired
from kirana.jobs.queries import get_job
from kirana.jobs.shapes import JobView
from kirana.platform.access import Actor
from kirana.platform.errors import IllegalMove, NotFound, TooMany
from kirana.platform.http import Answer, limited, operation, requires
from kirana.privacy.downloads import data_response, grace_days
from kirana.privacy.errors import SoleOwner
from kirana.privacy.services import erasing, exporting

api = Blueprint("privacy_api", __name__)


class ErasureWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Proof that it is the owner who asks."""

    password: Secret


@api.post("/me/data-exports")
@requires(Permission.WRITE_OWN_PROFILE)  # all of it at once is not for API keys
@limited("hour", "export_per_hour")
@operation("exportMyData", status=202, raises=(TooMany,), idempotency="accepted")
def export_my_data(actor: Actor) -> Answer[JobView]:
    """All that the shop keeps about me, as JSON: a job, and a mail when it is done."""
    job = exporting.request_data(actor)
    return Answer(get_job(actor, job.uid), headers={"Location": f"/api/v1/jobs/{job.uid}"})


@api.get("/me/data-exports/<uid>/file")
@requires(Permission.WRITE_OWN_PROFILE)
@operation("downloadMyData", raises=(NotFound, ExportExpired))
def download_my_data(actor: Actor, uid: str) -> Response:
    """The finished file, for who asked for it."""
    return data_response(actor, uid)


@api.post("/me/erasure")
@requires(Permission.WRITE_OWN_PROFILE)
@operation("eraseMe", status=202, raises=(LastAdmin, SoleOwner, TooMany))
def erase_me(actor: Actor, body: ErasureWish) -> Me:
    """Let my account end; until ``erase_at`` I can take it back."""
    with counted_try(actor.email):
        erasing.ask_erasure(actor, body.password, grace_days())
    return get_me(actor)


@api.delete("/me/erasure")
@requires(Permission.WRITE_OWN_PROFILE)
@operation("keepMe", raises=(NotFound, ErasureUnderWay))
def keep_me(actor: Actor) -> None:
    """Keep my account after all."""
    erasing.keep_account(actor)


@api.post("/people/<uid>/erasure")
@requires(Permission.WRITE_PEOPLE)
@operation(
    "erasePerson",
    status=202,
    raises=(NotFound, BeyondYourRights, IllegalMove, LastAdmin, SoleOwner),
)
def erase_person(actor: Actor, uid: str) -> PersonDetail:
    """Let the account of somebody end who asked for it and cannot sign in."""
    erasing.ask_erasure_for(actor, uid, grace_days())
    return get_person(actor, uid)


@api.delete("/people/<uid>/erasure")
@requires(Permission.WRITE_PEOPLE)
@operation("keepPerson", raises=(NotFound, BeyondYourRights, ErasureUnderWay))
def keep_person(actor: Actor, uid: str) -> None:
    """Keep somebody's account after all."""
    erasing.keep_account_of(actor, uid)
