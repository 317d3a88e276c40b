"""Mails about second factors: what changed, and what to do if it was not you."""

from typing import Any

from kirana.accounts.factor_shapes import FACTOR_NEWS
from kirana.mailing.mail import Message
from kirana.notifications import queries
from kirana.notifications.rendering import Letters

# What happened → subject, and what it means for the reader.
NEWS = {
    "totp_added": (
        "Two-step sign-in is on",
        "An authenticator app was set up. Its code is asked for after your password.",
    ),
    "totp_removed": (
        "Your authenticator app was removed",
        "The authenticator app is not asked for any more when you sign in.",
    ),
    "passkey_added": ("A passkey was added", "A new passkey can sign in to your account."),
    "passkey_removed": (
        "A passkey was removed",
        "One of your passkeys opens nothing any more.",
    ),
    "recovery_codes_made": (
        "You have new recovery codes",
        "New recovery codes were made. The ones from before are void.",
    ),
    "recovery_code_used": (
        "A recovery code was used",
        "Somebody signed in with your password and one of your recovery codes.",
    ),
    "codes_refused": (
        "Wrong codes after your right password",
        "Somebody wrote your right password and then five wrong codes. They did not get in.",
    ),
    "passkey_copied": (
        "A passkey was refused",
        "One of your passkeys seems to exist twice. It was refused; remove it and make another.",
    ),
    "reset": (
        "Your second factor was reset",
        "The shop removed your authenticator app, passkeys and recovery codes. "
        "Your password alone lets you in; set up a second factor again.",
    ),
}


def factor_note(letters: Letters, payload: dict[str, Any]) -> Message | None:
    person = queries.get_person(payload["account_id"])
    if person.status == "closed":
        return None
    title, text = NEWS[FACTOR_NEWS[payload["news"]]]
    facts = {
        "name": person.name,
        "title": title,
        "text": text,
        "url": letters.url("/account/security"),
    }
    subject = f"{title} at {letters.settings.shop_name}"
    return letters.write("factor_note", person.email, subject, facts)
