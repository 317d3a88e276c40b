"""Mails as the mailbox's JSON holds them."""

import email
from email import policy
from email.message import EmailMessage
from typing import Any


def message(mail: dict[str, Any]) -> EmailMessage:
    """The mail as it was sent."""
    return email.message_from_string(mail["Raw"]["Data"], policy=policy.default)


def bodies(mail: dict[str, Any]) -> tuple[str, str]:
    """HTML and text; fails unless the mail has both."""
    found = message(mail)
    html, text = found.get_body(("html",)), found.get_body(("plain",))
    assert html is not None
    assert text is not None
    return html.get_content(), text.get_content()
