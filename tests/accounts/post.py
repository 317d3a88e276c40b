"""The shop's mails about accounts, carried out in this process and sent to a real SMTP server."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email.message import EmailMessage
from typing import Any

from sqlalchemy import Connection, update

from kirana.accounts.models import Account
from kirana.mailing import delivery
from kirana.mailing.mail import SmtpGateway
from kirana.platform.config import Settings
from kirana.platform.db import verb
from tests.outbox.sink import Sink, running_sink

LINK = re.compile(r"^(\S+)/(reset|confirm)/([A-Za-z0-9_-]{43})$", re.MULTILINE)


@dataclass
class Post:
    sink: Sink

    def arrives(self) -> list[EmailMessage]:
        """What is sent for the rows that are due now."""
        self.sink.raw.clear()
        delivery.deliver_due()
        return self.sink.mails

    def token(self) -> str:
        """The token of the one link that is sent now."""
        return link_in(self.arrives())[2]


def link_in(mails: list[EmailMessage]) -> tuple[str, str, str]:
    """Beginning, page and token of the one link among ``mails``; both forms of the mail have it."""
    (found,) = [found for mail in mails for found in LINK.findall(text_of(mail))]
    shown = [mail for mail in mails if "/".join(found) in text_of(mail)]
    assert "/".join(found) in text_of(shown[0], "html")
    return found


def text_of(mail: EmailMessage, form: str = "plain") -> str:
    body = mail.get_body((form,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def open_post(settings: Settings) -> Iterator[Post]:
    with running_sink() as sink:
        delivery.use_mailer(SmtpGateway(replace(settings, smtp_url=sink.url)))
        yield Post(sink)


@verb
def set_account(connection: Connection, who: str, /, **values: Any) -> None:
    connection.execute(update(Account).where(Account.email == who).values(**values))
