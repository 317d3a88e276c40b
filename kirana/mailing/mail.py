"""Mail: a typed message that cannot carry a forged header, and one way out, by SMTP.

SMTP cannot promise "exactly once": when the answer after the message's end is lost, nobody knows
whether it was taken. That case is a fact of its own (``Uncertain``) for the outbox to decide on.
"""

import re
import secrets
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Protocol
from urllib.parse import SplitResult, unquote, urlsplit

from kirana.platform import clock
from kirana.platform.config import Settings, SettingsError
from kirana.platform.db import require_no_transaction
from kirana.platform.mail_addresses import find_normal_email

TIMEOUT_SECONDS = 10.0
# Seven bits: no server needs an extension for the body.
_POLICY = SMTP.clone(cte_type="7bit")
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9][A-Za-z0-9.-]{0,250}")
PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


class BadMessage(ValueError):
    """The message itself cannot be sent (a line break in a header, no address). Final."""


class TemporaryFailure(Exception):
    """Not handed over: the server is away, refused for now, or was lost before the end of DATA."""


class PermanentFailure(Exception):
    """The server refused this message for good (5xx)."""


class Uncertain(Exception):
    """The message was sent to its end and the answer was lost: it may or may not arrive."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file in a mail, as bytes for download."""

    filename: str
    content: bytes

    def __post_init__(self) -> None:
        _refuse_controls("file name", self.filename)


@dataclass(frozen=True, slots=True)
class Message:
    """One mail to one person.

    Raises BadMessage for control characters in a header, and for a recipient that is not one
    address in its normal form: nothing is sent to a list, nor to a look-alike.
    """

    to: str
    subject: str
    html: str
    text: str
    attachments: tuple[Attachment, ...] = ()

    def __post_init__(self) -> None:
        _refuse_controls("recipient", self.to)
        _refuse_controls("subject", self.subject)
        if find_normal_email(self.to) != self.to:
            raise BadMessage("the recipient is not one plain address")


class Mailer(Protocol):
    """Where mail goes out."""

    def send(self, message: Message, message_id: str) -> None:
        """Hand the message over. Raises TemporaryFailure, PermanentFailure or Uncertain."""

    def new_message_id(self) -> str:
        """A fresh Message-ID, to be kept for every further try of the same mail."""


class SmtpGateway:
    """Sends by ``smtp://``, ``smtp+starttls://`` or ``smtps://``, each with ``user:password@``."""

    def __init__(self, settings: Settings) -> None:
        self._url = _smtp_url(settings.smtp)
        self._sender = settings.mail_from
        self._envelope = parseaddr(settings.mail_from)[1]
        _refuse_controls("KIRANA_MAIL_FROM", self._sender)
        if not _is_address(self._envelope):
            raise SettingsError(f"KIRANA_MAIL_FROM={self._sender!r} holds no mail address")
        self._domain = self._envelope.rpartition("@")[2]

    def new_message_id(self) -> str:
        return f"<{secrets.token_urlsafe(18)}@{self._domain}>"

    def send(self, message: Message, message_id: str) -> None:
        """Hand the message over on a connection of its own, waiting 10 s at most for each answer.

        Raises TemporaryFailure, PermanentFailure or Uncertain; never called in a transaction.
        """
        require_no_transaction()
        body = encode(message, self._sender, message_id)
        try:
            smtp = self._connect()
        except (OSError, smtplib.SMTPException) as error:
            # A refused password is the operator's to mend, not the mail's fault.
            raise TemporaryFailure(_describe(error)) from None
        try:
            self._begin(smtp, message.to)
            _transfer(smtp, body)
        finally:
            _leave(smtp)

    def _connect(self) -> smtplib.SMTP:
        host, port = self._url.hostname or "localhost", self._url.port or PORTS[self._url.scheme]
        # The name for EHLO is given, because asking the resolver for it can take seconds.
        smtp = (
            smtplib.SMTP_SSL(
                host,
                port,
                self._domain,
                timeout=TIMEOUT_SECONDS,
                context=ssl.create_default_context(),
            )
            if self._url.scheme == "smtps"
            else smtplib.SMTP(host, port, self._domain, timeout=TIMEOUT_SECONDS)
        )
        try:
            if self._url.scheme == "smtp+starttls":
                smtp.starttls(context=ssl.create_default_context())
            if self._url.username:
                smtp.login(unquote(self._url.username), unquote(self._url.password or ""))
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _begin(self, smtp: smtplib.SMTP, to: str) -> None:
        """Everything before the body; whatever fails here left no mail behind."""
        try:
            smtp.ehlo_or_helo_if_needed()
            _expect(2, *smtp.mail(self._envelope))
            _expect(2, *smtp.rcpt(to))
            _expect(3, *smtp.docmd("DATA"))
        except (OSError, smtplib.SMTPException) as error:
            raise TemporaryFailure(_describe(error)) from None


def encode(message: Message, sender: str, message_id: str) -> bytes:
    """The message as it goes over the wire: CRLF, text before HTML, attachments for download."""
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = sender
    mail["To"] = message.to
    mail["Subject"] = message.subject
    mail["Date"] = format_datetime(clock.utc_now())
    mail["Message-ID"] = message_id
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text)
    mail.add_alternative(message.html, subtype="html")
    for item in message.attachments:
        mail.add_attachment(
            item.content, maintype="application", subtype="octet-stream", filename=item.filename
        )
    return mail.as_bytes()


def _transfer(smtp: smtplib.SMTP, body: bytes) -> None:
    # RFC 5321 4.5.2: a line that begins with a dot gets another one.
    stuffed = body.replace(b"\r\n.", b"\r\n..")
    if stuffed.startswith(b"."):
        stuffed = b"." + stuffed
    ending = b".\r\n" if stuffed.endswith(b"\r\n") else b"\r\n.\r\n"
    try:
        smtp.send(stuffed)
    except (OSError, smtplib.SMTPException) as error:
        raise TemporaryFailure(_describe(error)) from None
    try:
        smtp.send(ending)
        answer = smtp.getreply()
    except (OSError, smtplib.SMTPException) as error:
        raise Uncertain(_describe(error)) from None
    _expect(2, *answer)


def _expect(kind: int, code: int, answer: bytes) -> None:
    if code // 100 != kind:
        text = _nameless(f"{code} {answer.decode('utf-8', 'replace')}")
        raise PermanentFailure(text) if code // 100 == 5 else TemporaryFailure(text)


def _leave(smtp: smtplib.SMTP) -> None:
    """Say good-bye without waiting for an answer that nobody needs."""
    try:
        smtp.putcmd("QUIT")
    except (OSError, smtplib.SMTPException):
        pass
    finally:
        smtp.close()


def _smtp_url(text: str) -> SplitResult:
    url = urlsplit(text)
    try:
        usable = url.scheme in PORTS and bool(url.hostname) and (url.port is None or url.port > 0)
    except ValueError:
        usable = False
    if not usable:
        raise SettingsError(
            "KIRANA_SMTP_URL must be smtp://, smtp+starttls:// or smtps://host:port"
        )
    return url


def _describe(error: Exception) -> str:
    return _nameless(f"{type(error).__name__}: {error}")


def _nameless(text: str) -> str:
    """What a server said, for rows and logs that outlive the person whom it was about."""
    return _ADDRESS.sub("(address)", text)[:500]


def _refuse_controls(what: str, text: str) -> None:
    if any(ord(sign) < 32 or ord(sign) in (0x7F, 0x85, 0x2028, 0x2029) for sign in text):
        raise BadMessage(f"the {what} holds a control character")


def _is_address(text: str) -> bool:
    return _ADDRESS.fullmatch(text) is not None
