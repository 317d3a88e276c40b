"""Signing devices out: one, all others, or all."""

from typing import Literal

import msgspec
from flask import Response

from kirana.accounts import services, web_session
from kirana.accounts.pages.blueprint import pages
from kirana.accounts.permissions import Permission
from kirana.platform.http import current_actor, requires
from kirana.platform.pages import note, posted, see_other


class Ending(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which devices are signed out."""

    which: Literal["others", "all"]


@pages.post("/account/sessions/<uid>/end")
@requires(Permission.WRITE_OWN_PROFILE)
def end_session(uid: str) -> Response:
    services.end_session(current_actor(), uid)
    note("That device is signed out.", "success")
    return see_other(".security")


@pages.post("/account/sessions/end")
@requires(Permission.WRITE_OWN_PROFILE)
def end_sessions() -> Response:
    """Sign out everywhere else, or everywhere."""
    if posted(Ending).which == "others":
        services.end_other_sessions(current_actor())
        note("All other devices are signed out.", "success")
        return see_other(".security")
    services.sign_out_everywhere(current_actor())
    web_session.forget()
    note("You are signed out everywhere.", "success")
    return see_other(".sign_in_form")
