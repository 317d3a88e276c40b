"""Forgotten passwords, confirmed and changed addresses.

The token of a mailed link is moved out of the address into a short-lived cookie by a redirect, so
that it is in no history, log of later requests, or Referer.
"""

import re
from typing import Any

import msgspec
from flask import Response

from kirana.accounts import services, web_session
from kirana.accounts.errors import LinkRefused
from kirana.accounts.link_queries import address_of, find_open_link, find_pending_change
from kirana.accounts.pages.blueprint import pages
from kirana.accounts.pages.signing_in import refused
from kirana.accounts.permissions import Permission
from kirana.accounts.recovery_shapes import Confirmation, EmailChange, Forgotten, PasswordReset
from kirana.accounts.services.links import LIFE
from kirana.accounts.shapes import Secret
from kirana.platform import cookies
from kirana.platform.cookies import LINK_COOKIE
from kirana.platform.errors import Invalid, TooMany
from kirana.platform.http import current_actor, public, requires
from kirana.platform.pages import Form, note, posted, render, see_other

CONFIRMED = {
    "confirm": "Your address is confirmed. Sign in now.",
    "change": "Your new address counts from now on.",
}
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


class NewPassword(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The form behind a link; the token comes by cookie."""

    new_password: Secret


class ConfirmForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The button, and the account's password."""

    password: Secret = ""


@pages.get("/forgot")
@public
def forgot_form() -> Response:
    return render("accounts/forgot.html", form=Form(), sent_to=None)


@pages.post("/forgot")
@public
def forgot() -> Response:
    """Mail a link; the page is the same for an unknown address."""
    try:
        given = posted(Forgotten)
        if web_session.limit_forgot(given.email):
            services.ask_for_reset(given)
    except (Invalid, TooMany) as error:
        return refused("accounts/forgot.html", error, sent_to=None)
    return render("accounts/forgot.html", form=Form(), sent_to=given.email.strip())


@pages.get("/reset/<token>")
@public
def open_reset(token: str) -> Response:
    return _keep(token, ".reset_form")


@pages.get("/reset")
@public
def reset_form() -> Response:
    return _reset(Form())


@pages.post("/reset")
@public
def reset() -> Response:
    """Set the new password. Whoever is signed in here is signed out, and signs in with it."""
    try:
        given = PasswordReset(cookies.read(LINK_COOKIE), posted(NewPassword).new_password)
        services.reset_password(web_session.visitor(), given)
    except Invalid as error:
        return _reset(Form.posted(error), 422)
    except LinkRefused as error:
        return _dead(error)
    cookies.drop(LINK_COOKIE)
    web_session.forget()
    note("Your password is set, and you are signed out everywhere. Sign in with it.", "success")
    return see_other(".sign_in_form")


@pages.get("/confirm/<token>")
@public
def open_confirmation(token: str) -> Response:
    return _keep(token, ".confirm_form")


@pages.get("/confirm")
@public
def confirm_form() -> Response:
    """A button, because programs that look at mail open every link in it."""
    link = find_open_link(cookies.read(LINK_COOKIE), "confirm", "change")
    if link is None:
        return _dead(LinkRefused())
    return _confirm_page(link, Form())


@pages.post("/confirm")
@public
def confirm() -> Response:
    """Use the link up."""
    token = cookies.read(LINK_COOKIE)
    try:
        given = Confirmation(token, posted(ConfirmForm).password)
        with web_session.counted_for(address_of(token)):
            done = services.confirm_address(current_actor(), given)
    except LinkRefused as error:
        return _dead(error)
    except Invalid as error:
        link = find_open_link(token, "confirm", "change")
        return _confirm_page(link, Form.posted(error), 422) if link else _dead(LinkRefused())
    cookies.drop(LINK_COOKIE)
    note(CONFIRMED[done], "success")
    return see_other(".account" if current_actor().is_signed_in else ".sign_in_form")


@pages.post("/confirm/again")
@public
def confirm_again() -> Response:
    """Mail the link again; the note is the same for an unknown address."""
    given = posted(Forgotten)
    if web_session.limit_verification(given.email):
        services.ask_for_confirmation(given)
    note("If this address waits to be confirmed, a mail is on its way.")
    return render("accounts/see_mail.html", address=given.email.strip())


def _confirm_page(link: Any, form: Form, code: int = 200) -> Response:
    return render(
        "accounts/confirm.html", code, form=form, address=link.new_email or link.email,
        is_change=link.purpose == "change",
        asks_password=services.asks_password(current_actor(), link),
    )  # fmt: skip


@pages.get("/account/email")
@requires(Permission.READ_OWN_PROFILE)
def email_form() -> Response:
    return _email(Form())


@pages.post("/account/email")
@requires(Permission.WRITE_OWN_PROFILE)
def change_email() -> Response:
    """Ask for another address; the page is the same for one that somebody has."""
    actor = current_actor()
    try:
        given = posted(EmailChange)
        with web_session.counted_try(actor.email):
            may_mail = web_session.limit_verification(given.email)
            services.ask_to_change_email(actor, given, may_mail)
    except Invalid as error:
        return _email(Form.posted(error), 422)
    note("We have sent a link to your new address. Open it within 30 minutes.", "success")
    return see_other(".account")


@pages.post("/account/email/cancellation")
@requires(Permission.WRITE_OWN_PROFILE)
def cancel_email_change() -> Response:
    services.cancel_email_change(current_actor())
    note("Your address stays; the link that we sent is dead.", "success")
    return see_other(".email_form")


def _keep(token: str, endpoint: str) -> Response:
    """303 to the page without the token, which the browser keeps for as long as the link lives."""
    if _TOKEN.fullmatch(token):
        cookies.keep(LINK_COOKIE, token, LIFE.seconds)
    else:
        cookies.drop(LINK_COOKIE)
    response = see_other(endpoint)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _reset(form: Form, status: int = 200) -> Response:
    link = find_open_link(cookies.read(LINK_COOKIE), "reset")
    if link is None:
        return _dead(LinkRefused())
    return render("accounts/reset.html", status, form=form, address=link.email)


def _dead(error: LinkRefused) -> Response:
    return render("accounts/dead_link.html", error.status)


def _email(form: Form, status: int = 200) -> Response:
    actor = current_actor()
    waits = find_pending_change(actor)
    return render("accounts/email.html", status, form=form, address=actor.email, waits=waits)
