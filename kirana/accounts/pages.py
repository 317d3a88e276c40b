"""Sign-in, sign-up, application and account pages."""

import msgspec
from flask import Blueprint, Response, request

from kirana.accounts import queries, services, web_session
from kirana.accounts.devices import device_name
from kirana.accounts.errors import TooManyAddresses
from kirana.accounts.permissions import Permission
from kirana.accounts.shapes import (
    AddressDetails,
    Credentials,
    Line,
    ManagerApplication,
    PasswordChange,
    ProfileChange,
    RenewedApplication,
    SignUp,
)
from kirana.platform import cookies
from kirana.platform.errors import Invalid, ShopError, TooMany
from kirana.platform.http import current_actor, public, requires
from kirana.platform.pages import Form, back, local_path, note, posted, render, see_other

pages = Blueprint("pages", __name__)
HOME = "/"
ACCOUNT = "/account"


class ProfileForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The account page's form; a switch that is off is not sent."""

    name: Line
    wants_report: bool = False


@pages.get("/sign-in")
@public
def sign_in_form() -> Response:
    if current_actor().is_signed_in:
        return back(_return_to() or HOME)
    return render("accounts/sign_in.html", form=Form(), return_to=_return_to())


@pages.post("/sign-in")
@public
def sign_in() -> Response:
    """Open a session in cookies; a guest's basket comes along."""
    try:
        given = posted(Credentials)
        web_session.limit_sign_in(given.email)
        visitor, device = web_session.visitor(), web_session.device()
        tokens = services.sign_in(visitor, web_session.keys(), given, device)
    except ShopError as error:
        return _refused("accounts/sign_in.html", error, return_to=_return_to())
    _leave_last_session()
    web_session.start(tokens)
    if visitor.guest_hash:
        cookies.drop(cookies.GUEST_COOKIE)
    for text in tokens.notes:
        note(text)
    return back(HOME)


@pages.get("/sign-up")
@public
def sign_up_form() -> Response:
    return render("accounts/sign_up.html", form=Form(), return_to=_return_to())


@pages.post("/sign-up")
@public
def sign_up() -> Response:
    """Become a customer; the answer is the same for a known address."""
    try:
        given = posted(SignUp)
        web_session.limit_sign_up()
        services.sign_up(web_session.visitor(), given, web_session.shop_zone())
    except ShopError as error:
        return _refused("accounts/sign_up.html", error, return_to=_return_to())
    note("Thank you. Sign in now, unless you had an account: then see your mail.", "success")
    return see_other(".sign_in_form", return_to=_return_to() or None)


@pages.get("/apply")
@public
def apply_form() -> Response:
    return render("accounts/apply.html", form=Form(), done=False)


@pages.post("/apply")
@public
def apply() -> Response:
    """Apply as a manager; the answer is the same for a known address."""
    try:
        given = posted(ManagerApplication)
        web_session.limit_sign_up()
        services.apply_as_manager(web_session.visitor(), given, web_session.shop_zone())
    except ShopError as error:
        return _refused("accounts/apply.html", error, done=False)
    return render("accounts/apply.html", form=Form(), done=True)


@pages.post("/sign-out")
@public
def sign_out() -> Response:
    _leave_last_session()
    web_session.forget()
    return back(HOME)


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
        since=me.created_at, application=application, can_apply=me.status == "rejected",
    )  # fmt: skip


def _security(form: Form, status: int = 200) -> Response:
    sessions = [
        msgspec.structs.replace(found, device=device_name(found.device))
        for found in queries.list_sessions(current_actor())
    ]
    return render("accounts/security.html", status, form=form, sessions=sessions)


def _addresses(form: Form, status: int = 200) -> Response:
    kept = queries.list_addresses(current_actor())
    return render("accounts/addresses.html", status, form=form, addresses=kept)


def _refused(template: str, error: ShopError, **context: object) -> Response:
    """The page again with what was typed and what is wrong with it."""
    if isinstance(error, TooMany):
        raise error
    shown = error if isinstance(error, Invalid) else Invalid(error.detail)
    return render(template, error.status, form=Form.posted(shown), **context)


def _leave_last_session() -> None:
    actor = current_actor()
    if actor.is_signed_in:
        services.sign_out(actor)


def _return_to() -> str:
    """Where the visitor wanted to go, if that is a path of ours."""
    return local_path(request.values.get("return_to")) or ""
