"""Mails about a password, an address, and who may be whom."""

from collections.abc import Callable
from functools import partial
from typing import Any

from kirana.accounts.link_queries import find_to_tell, get_left_address
from kirana.accounts.services.links import LIFE, issue_link
from kirana.mailing.mail import Message
from kirana.notifications import queries
from kirana.notifications.rendering import Letters

Payload = dict[str, Any]
MINUTES = LIFE.seconds // 60


# Template, page behind the link, subject.
LINKS = {
    "password_reset": ("/reset", "Set a new password at {}"),
    "email_confirmation": ("/confirm", "Confirm your address at {}"),
    "email_change": ("/confirm", "Confirm your new address at {}"),
}


def with_link(template: str, letters: Letters, payload: Payload) -> Message | None:
    """The link is made here, at the time of sending; the outbox holds its number only.

    Where it would lead to an address that somebody has by now, its owner is told instead.
    """
    found = issue_link(payload["link_id"], letters.settings.secret)
    if found is None:
        return None
    if found.holder_id is not None:
        return _known(letters, found.holder_id)
    page, subject = LINKS[template]
    url = letters.url(f"{page}/{found.token}")
    facts = {"name": found.name, "url": url, "minutes": MINUTES}
    return letters.write(template, found.to, subject.format(letters.settings.shop_name), facts)


def email_change_asked(letters: Letters, payload: Payload) -> Message | None:
    subject = f"Somebody wants to change your address at {letters.settings.shop_name}"
    left = get_left_address(payload["link_id"])
    return _notice(letters, "email_change_asked", subject, left)


def email_changed(letters: Letters, payload: Payload) -> Message | None:
    subject = f"Your address at {letters.settings.shop_name} was changed"
    return _notice(letters, "email_changed", subject, get_left_address(payload["link_id"]))


def password_changed(letters: Letters, payload: Payload) -> Message | None:
    subject = f"Your password at {letters.settings.shop_name} was changed"
    person = queries.get_person(payload["account_id"])
    return _notice(letters, "password_changed", subject, person)


def sign_up_known(letters: Letters, payload: Payload) -> Message | None:
    account_id = find_to_tell(payload["link_id"])
    return _known(letters, account_id) if account_id is not None else None


BUILDERS: dict[str, Callable[[Letters, Payload], Message | None]] = {
    **{template: partial(with_link, template) for template in LINKS},
    "password_changed": password_changed,
    "email_change_asked": email_change_asked,
    "email_changed": email_changed,
    "sign_up_known": sign_up_known,
}


def _notice(letters: Letters, template: str, subject: str, person: Any) -> Message | None:
    if person.status == "closed":
        return None
    paths = {"sign_in": "/sign-in", "forgot": "/forgot", "security": "/account/security"}
    links = {f"{name}_url": letters.url(path) for name, path in paths.items()}
    return letters.write(template, person.email, subject, {"name": person.name, **links})


def _known(letters: Letters, account_id: int) -> Message | None:
    subject = f"You already have an account at {letters.settings.shop_name}"
    return _notice(letters, "sign_up_known", subject, queries.get_person(account_id))
