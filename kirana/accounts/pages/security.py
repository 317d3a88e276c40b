"""Password, second factors and devices."""

import msgspec
from flask import Response

from kirana.accounts import factor_queries, queries, services, web_session
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
    return show_security(Form())


@pages.post("/account/password")
@requires(Permission.WRITE_OWN_PROFILE)
def change_password() -> Response:
    actor = current_actor()
    try:
        given = posted(PasswordChange)
        web_session.limit_sign_in(actor.email)
        tokens = services.change_password(actor, web_session.keys(), given)
    except Invalid as error:
        return show_security(Form.posted(error), 422)
    web_session.start(tokens)
    note("Your password is changed. All other devices are signed out.", "success")
    return see_other(".security")


@pages.post("/account/sessions/<uid>/end")
@requires(Permission.WRITE_OWN_PROFILE)
def end_session(uid: str) -> Response:
    services.end_session(current_actor(), uid)
    note("That device is signed out.", "success")
    return see_other(".security")


def show_security(form: Form, status: int = 200) -> Response:
    actor = current_actor()
    sessions = [
        msgspec.structs.replace(found, device=device_name(found.device))
        for found in queries.list_sessions(actor)
    ]
    return render(
        "accounts/security.html", status, form=form, sessions=sessions,
        factors=factor_queries.get_second_factors(actor), lacks_factor=actor.lacks_factor,
        this_device=device_name(web_session.device()),
    )  # fmt: skip
