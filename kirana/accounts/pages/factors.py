"""Two-step sign-in and passkeys, below the page of password and devices."""

from collections.abc import Callable

from flask import Response

from kirana.accounts import second_step, services
from kirana.accounts.errors import NothingToConfirm
from kirana.accounts.factor_shapes import NewPasskey, PasskeyName, Presence, TotpCode
from kirana.accounts.pages.blueprint import pages
from kirana.accounts.pages.security import show_security
from kirana.accounts.permissions import Permission
from kirana.platform import one_time_codes
from kirana.platform.access import Actor
from kirana.platform.errors import Invalid, ShopError, TooMany
from kirana.platform.http import current_actor, requires
from kirana.platform.pages import Form, note, posted, render, see_other
from kirana.platform.qr import qr_code
from kirana.platform.shop_settings import settings


@pages.post("/account/totp")
@requires(Permission.WRITE_OWN_PROFILE)
def set_up_totp() -> Response:
    def act(actor: Actor, password: str) -> Response:
        services.start_totp(actor, second_step.sealer(), password)
        return see_other(".confirm_totp_form")

    return _with_presence(act)


@pages.get("/account/totp")
@requires(Permission.WRITE_OWN_PROFILE)
def confirm_totp_form() -> Response:
    """The secret as a picture and as text, and a field for the first code."""
    return _set_up(Form())


@pages.post("/account/totp/confirmation")
@requires(Permission.WRITE_OWN_PROFILE)
def confirm_totp() -> Response:
    try:
        made = services.confirm_totp(current_actor(), second_step.sealer(), posted(TotpCode).code)
    except NothingToConfirm as error:
        return _nothing_to_confirm(error)
    except Invalid as error:
        return _set_up(Form.posted(error), 422)
    return _codes(made.recovery_codes, "From now on the app is asked for when you sign in.")


@pages.post("/account/totp/removal")
@requires(Permission.WRITE_OWN_PROFILE)
def remove_totp() -> Response:
    def act(actor: Actor, password: str) -> Response:
        services.remove_totp(actor, password)
        note("The app is not asked for any more. All other devices are signed out.", "success")
        return see_other(".security")

    return _with_presence(act)


@pages.post("/account/recovery-codes")
@requires(Permission.WRITE_OWN_PROFILE)
def make_recovery_codes() -> Response:
    def act(actor: Actor, password: str) -> Response:
        made = services.make_recovery_codes(actor, password)
        return _codes(made.recovery_codes, "The codes you had before are void.")

    return _with_presence(act)


@pages.post("/account/passkeys")
@requires(Permission.WRITE_OWN_PROFILE)
def add_passkey() -> Response:
    """What passkeys.js sends when the device has made a passkey."""
    try:
        party = second_step.relying_party()
        added = services.add_passkey(current_actor(), party, posted(NewPasskey))
    except ShopError as error:
        return _refused(error)
    return _codes(added.recovery_codes, f"You can sign in with {added.passkey.name} now.")


@pages.post("/account/passkeys/<uid>/name")
@requires(Permission.WRITE_OWN_PROFILE)
def rename_passkey(uid: str) -> Response:
    try:
        services.rename_passkey(current_actor(), uid, posted(PasskeyName).name)
    except Invalid as error:
        return _refused(error)
    note("The passkey has its new name.", "success")
    return see_other(".security")


@pages.post("/account/passkeys/<uid>/removal")
@requires(Permission.WRITE_OWN_PROFILE)
def remove_passkey(uid: str) -> Response:
    def act(actor: Actor, password: str) -> Response:
        services.remove_passkey(actor, uid, password)
        note("That passkey opens nothing any more. All other devices are signed out.", "success")
        return see_other(".security")

    return _with_presence(act)


def _with_presence(act: Callable[[Actor, str], Response]) -> Response:
    """Do what only the owner may, with the password from the form if there is one."""
    actor = current_actor()
    try:
        given = posted(Presence)
        with second_step.counted_presence(actor, given.current_password):
            return act(actor, given.current_password)
    except ShopError as error:
        return _refused(error)


def _refused(error: ShopError) -> Response:
    if isinstance(error, TooMany) or error.status == 404:
        raise error
    shown = error if isinstance(error, Invalid) else Invalid(error.detail)
    return show_security(Form.posted(shown), error.status)


def _set_up(form: Form, status: int = 200) -> Response:
    actor = current_actor()
    try:
        secret = services.secret_of_set_up(actor, second_step.sealer())
    except NothingToConfirm as error:
        return _nothing_to_confirm(error)
    uri = one_time_codes.totp_uri(secret, actor.email, settings().shop_name)
    groups = [secret[place : place + 4] for place in range(0, len(secret), 4)]
    return render("accounts/totp.html", status, form=form, qr=qr_code(uri), uri=uri, secret=groups)


def _nothing_to_confirm(error: NothingToConfirm) -> Response:
    note(error.detail, "warning")
    return see_other(".security")


def _codes(codes: list[str], news: str) -> Response:
    """The recovery codes, in the answer itself: they are nowhere to be read again."""
    if not codes:
        note(news, "success")
        return see_other(".security")
    return render("accounts/recovery_codes.html", codes=codes, news=news)
