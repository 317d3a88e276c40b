"""Sign-in, sign-up, application, sign-out."""

from flask import Response, request

from kirana.accounts import second_step, services, web_session
from kirana.accounts.errors import AddressUnconfirmed, SecondFactorRequired
from kirana.accounts.house_rules import house_rules
from kirana.accounts.pages.blueprint import pages
from kirana.accounts.shapes import (
    Credentials,
    ManagerApplication,
    SignUp,
    Tokens,
)
from kirana.platform import cookies
from kirana.platform.access import Actor
from kirana.platform.errors import Invalid, ShopError, TooMany
from kirana.platform.http import current_actor, public
from kirana.platform.pages import Form, back, local_path, note, posted, render, see_other

HOME = "/"
WELCOME = "Thank you. Sign in now, unless you had an account: then see your mail."


@pages.get("/sign-in")
@public
def sign_in_form() -> Response:
    if current_actor().is_signed_in:
        return back(return_to() or HOME)
    return render("accounts/sign_in.html", form=Form(), return_to=return_to())


@pages.post("/sign-in")
@public
def sign_in() -> Response:
    """Open a session in cookies; a guest's basket comes along."""
    try:
        given = posted(Credentials)
        visitor, device = web_session.visitor(), web_session.device()
        with web_session.counted_try(given.email):
            tokens = services.sign_in(visitor, web_session.keys(), given, device)
    except SecondFactorRequired as halfway:
        second_step.keep_proof(halfway.details["proof"])
        return see_other(".second_step_form", return_to=return_to() or None)
    except ShopError as error:
        waits = isinstance(error, AddressUnconfirmed)
        return refused("accounts/sign_in.html", error, return_to=return_to(), is_unconfirmed=waits)
    return let_in(visitor, tokens)


@pages.get("/sign-up")
@public
def sign_up_form() -> Response:
    return render("accounts/sign_up.html", form=Form(), return_to=return_to())


@pages.post("/sign-up")
@public
def sign_up() -> Response:
    """Become a customer; the answer is the same for a known address."""
    try:
        given = posted(SignUp)
        web_session.limit_sign_up(given)
        services.sign_up(web_session.visitor(), given, web_session.shop_zone())
    except ShopError as error:
        return refused("accounts/sign_up.html", error, return_to=return_to())
    if house_rules().confirms_addresses:
        return render("accounts/see_mail.html", address=given.email.strip())
    note(WELCOME, "success")
    return see_other(".sign_in_form", return_to=return_to() or None)


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
        web_session.limit_sign_up(given)
        services.apply_as_manager(web_session.visitor(), given, web_session.shop_zone())
    except ShopError as error:
        return refused("accounts/apply.html", error, done=False)
    confirms = house_rules().confirms_addresses
    return render("accounts/apply.html", form=Form(), done=True, confirms_addresses=confirms)


@pages.post("/sign-out")
@public
def sign_out() -> Response:
    _leave_last_session()
    web_session.forget()
    return back(HOME)


def let_in(visitor: Actor, tokens: Tokens) -> Response:
    """The browser goes on as the person who signed in, and to where it was going."""
    _leave_last_session()
    web_session.start(tokens)
    second_step.forget_proof()
    if visitor.guest_hash:
        cookies.drop(cookies.GUEST_COOKIE)
    for text in tokens.notes:
        note(text, "lasting")
    return back(HOME)


def refused(template: str, error: ShopError, **context: object) -> Response:
    """The page again with what was typed and what is wrong with it, or when to try again."""
    shown = error if isinstance(error, Invalid) else Invalid(error.detail)
    response = render(template, error.status, form=Form.posted(shown), **context)
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _leave_last_session() -> None:
    actor = current_actor()
    if actor.is_signed_in:
        services.sign_out(actor)


def return_to() -> str:
    """Where the visitor wanted to go, if that is a path of ours."""
    return local_path(request.values.get("return_to")) or ""
