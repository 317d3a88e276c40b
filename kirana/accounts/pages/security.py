"""Password, second factors and devices."""

from flask import Response, request

from kirana.accounts import factor_queries, services, session_queries, web_session
from kirana.accounts.pages.blueprint import pages
from kirana.accounts.permissions import Permission
from kirana.accounts.shapes import PasswordChange
from kirana.platform.devices import device_name
from kirana.platform.errors import Invalid
from kirana.platform.http import current_actor, requires
from kirana.platform.pages import Form, note, posted, render, see_other
from kirana.platform.paging import PageQuery


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
        with web_session.counted_try(actor.email):
            tokens = services.change_password(actor, web_session.keys(), given)
    except Invalid as error:
        return show_security(Form.posted(error), 422)
    web_session.start(tokens)
    note("Your password is changed. All other devices are signed out.", "success")
    return see_other(".security")


def show_security(form: Form, status: int = 200) -> Response:
    actor, cursor, here = current_actor(), request.args.get("cursor"), "/account/security"
    found = session_queries.list_sessions(actor, PageQuery(cursor=cursor))
    return render(
        "accounts/security.html", status, form=form, sessions=found.items,
        next_url=f"{here}?cursor={found.next_cursor}" if found.next_cursor else None,
        first_url=here if cursor else None,
        factors=factor_queries.get_second_factors(actor), lacks_factor=actor.lacks_factor,
        this_device=device_name(web_session.device()),
    )  # fmt: skip
