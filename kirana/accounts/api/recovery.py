"""Forgotten passwords, confirmed and changed addresses. Asking is answered alike for everybody."""

from kirana.accounts import passwords, services, web_session
from kirana.accounts.api.blueprint import api
from kirana.accounts.errors import LinkRefused
from kirana.accounts.link_queries import address_of
from kirana.accounts.permissions import Permission
from kirana.accounts.recovery_shapes import (
    Confirmation,
    EmailChange,
    Forgotten,
    PasswordReset,
    PasswordToCheck,
    PasswordVerdict,
)
from kirana.accounts.shapes import Accepted
from kirana.platform.access import Actor
from kirana.platform.errors import Invalid, TooMany
from kirana.platform.http import limited, operation, public, requires

ON_ITS_WAY = Accepted("If there is something to send to this address, a mail is on its way.")


@api.post("/auth/password-resets")
@public
@operation("askForPasswordReset", status=202, raises=(TooMany,))
def ask_for_reset(body: Forgotten) -> Accepted:
    """Mail a link to set a new password. The answer is the same for an unknown address."""
    if web_session.limit_forgot(body.email):
        services.ask_for_reset(body)
    return ON_ITS_WAY


@api.post("/auth/password-resets/completion")
@public
@operation("resetPassword", raises=(LinkRefused,))
def reset_password(body: PasswordReset) -> None:
    """Set the password with the token of the mailed link; every session of the account ends."""
    services.reset_password(web_session.visitor(), body)


@api.post("/auth/password-checks")
@public
@limited("minute", "password_checks_per_minute", by="address")
@operation("checkPassword", raises=(TooMany,))
def check_password(body: PasswordToCheck) -> PasswordVerdict:
    """Whether a new password would be accepted; nothing of it is kept."""
    try:
        passwords.check_password(body.password, "/password", body.email, body.name)
    except Invalid as error:
        return PasswordVerdict(error.errors[0]["detail"])
    return PasswordVerdict("")


@api.post("/auth/email-confirmations")
@public
@operation("askForEmailConfirmation", status=202, raises=(TooMany,))
def ask_for_confirmation(body: Forgotten) -> Accepted:
    """Mail the link that confirms an address again. The answer is the same for an unknown one."""
    if web_session.limit_verification(body.email):
        services.ask_for_confirmation(body)
    return ON_ITS_WAY


@api.post("/auth/email-confirmations/completion")
@public
@operation("confirmEmail", raises=(LinkRefused, TooMany))
def confirm_email(actor: Actor, body: Confirmation) -> None:
    """Confirm an address, or change to it, with the token of the mailed link.

    It takes the account's password too; who is signed in to the account changes without.
    """
    with web_session.counted_for(address_of(body.token)):
        services.confirm_address(actor, body)


@api.post("/me/email-change")
@requires(Permission.WRITE_OWN_PROFILE)
@operation("askToChangeEmail", status=202, raises=(TooMany,))
def ask_to_change_email(actor: Actor, body: EmailChange) -> Accepted:
    """Ask for another address: it gets a link, the present one a notice."""
    with web_session.counted_try(actor.email):
        services.ask_to_change_email(actor, body, web_session.limit_verification(body.email))
    return ON_ITS_WAY
