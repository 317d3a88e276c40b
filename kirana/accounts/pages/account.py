"""The account: profile, application, addresses."""

import msgspec
from flask import Response

from kirana.accounts import queries, services
from kirana.accounts.errors import TooManyAddresses
from kirana.accounts.pages.blueprint import pages
from kirana.accounts.permissions import Permission
from kirana.accounts.shapes import (
    AddressDetails,
    Line,
    ProfileChange,
    RenewedApplication,
)
from kirana.platform.errors import Invalid
from kirana.platform.http import current_actor, requires
from kirana.platform.pages import Form, note, posted, render, see_other


class ProfileForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The account page's form; a switch that is off is not sent."""

    name: Line
    wants_report: bool = False


@pages.get("/account")
@requires(Permission.READ_OWN_PROFILE)
def account() -> Response:
    me = queries.get_me(current_actor())
    return _account(Form({"name": me.name}))


@pages.post("/account")
@requires(Permission.WRITE_OWN_PROFILE)
def change_account() -> Response:
    try:
        given = posted(ProfileForm)
        change = ProfileChange(name=given.name, wants_report=given.wants_report)
        services.change_profile(current_actor(), change)
    except Invalid as error:
        return _account(Form.posted(error), 422)
    note("Saved.", "success")
    return see_other(".account")


@pages.post("/account/application")
@requires(Permission.WRITE_OWN_APPLICATION)
def apply_again() -> Response:
    """A refused manager asks again."""
    try:
        services.apply_again(current_actor(), posted(RenewedApplication))
    except Invalid as error:
        return _account(Form.posted(error), 422)
    note("We have your application.", "success")
    return see_other(".account")


@pages.get("/account/addresses")
@requires(Permission.READ_OWN_PROFILE)
def addresses() -> Response:
    return _addresses(Form())


@pages.post("/account/addresses")
@requires(Permission.WRITE_OWN_PROFILE)
def add_address() -> Response:
    try:
        services.add_address(current_actor(), posted(AddressDetails))
    except (Invalid, TooManyAddresses) as error:
        shown = error if isinstance(error, Invalid) else Invalid(error.detail)
        return _addresses(Form.posted(shown), error.status)
    note("Your address is kept.", "success")
    return see_other(".addresses")


@pages.post("/account/addresses/<uid>/removal")
@requires(Permission.WRITE_OWN_PROFILE)
def remove_address(uid: str) -> Response:
    services.remove_address(current_actor(), uid)
    note("The address is gone.", "success")
    return see_other(".addresses")


def _account(form: Form, status: int = 200) -> Response:
    actor = current_actor()
    me = queries.get_me(actor)
    application = queries.find_own_application(actor)
    return render(
        "shop/account.html", status, form=form, email=me.email, wants_report=me.wants_report,
        since=me.created_at, erase_at=me.erase_at, application=application,
        can_apply=me.status == "rejected",
    )  # fmt: skip


def _addresses(form: Form, status: int = 200) -> Response:
    kept = queries.list_addresses(current_actor())
    return render("accounts/addresses.html", status, form=form, addresses=kept)
