"""Password and devices."""

import msgspec
from flask import Response

from kirana.accounts import queries, services, web_session
from kirana.accounts.devices import device_name
from kirana.accounts.pages.blueprint import pages
from kirana.accounts.permissions import Permission
from kirana.accounts.shapes import (
    PasswordChange,
)
from kirana.platform.errors import Invalid
from kirana.platform.http import current_actor, requires
from kirana.platform.pages import Form, note, posted, render, see_other


@pages.get("/account/security")
@requires(Permission.READ_OWN_PROFILE)
def security() -> Response:
    """Password and devices."""
    return _security(Form())


@pages.post("/account/password")
@requires(Permission.WRITE_OWN_PROFILE)
def change_password() -> Response:
    actor = current_actor()
    try:
        given = posted(PasswordChange)
        web_session.limit_sign_in(actor.email)
        tokens = services.change_password(actor, web_session.keys(), given)
    except Invalid as error:
        return _security(Form.posted(error), 422)
    web_session.start(tokens)
    note("Your password is changed. All other devices are signed out.", "success")
    return see_other(".security")


@pages.post("/account/sessions/<uid>/end")
@requires(Permission.WRITE_OWN_PROFILE)
def end_session(uid: str) -> Response:
    services.end_session(current_actor(), uid)
    note("That device is signed out.", "success")
    return see_other(".security")


def _security(form: Form, status: int = 200) -> Response:
    sessions = [
        msgspec.structs.replace(found, device=device_name(found.device))
        for found in queries.list_sessions(current_actor())
    ]
    return render("accounts/security.html", status, form=form, sessions=sessions)
