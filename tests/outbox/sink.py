"""A real SMTP server that can be told to fail at a chosen moment."""

import email
import email.policy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any, cast

from aiosmtpd.controller import Controller

from tests.machinery.processes import free_port


@dataclass
class Sink:
    """What arrived, and ``plan``: one word for each mail to come, ``ok`` when it is used up.

    ``refuse`` and ``later`` answer the recipient with 5xx and 4xx; ``reject`` and ``busy`` the
    body; ``lose`` keeps the mail and cuts the line; ``cut`` drops the line before DATA.
    """

    port: int = field(default_factory=free_port)
    plan: list[str] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    attempts: int = 0

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def mails(self) -> list[EmailMessage]:
        parsed = (email.message_from_bytes(item, policy=email.policy.default) for item in self.raw)
        return [cast(EmailMessage, item) for item in parsed]

    def to(self, address: str) -> list[EmailMessage]:
        return [mail for mail in self.mails if mail["To"] == address]

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        self.attempts += 1
        word = self.plan[0] if self.plan else "ok"
        if word in ("refuse", "later", "cut"):
            self.plan.pop(0)
        if word == "cut":
            server.transport.abort()
        if word in ("refuse", "later"):
            return "550 5.1.1 nobody here" if word == "refuse" else "451 4.3.0 come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        word = self.plan.pop(0) if self.plan else "ok"
        if word in ("reject", "busy"):
            return "554 5.6.0 not this" if word == "reject" else "452 4.2.2 full"
        self.raw.append(envelope.original_content)
        if word == "lose":
            server.transport.abort()
        return "250 OK"


@contextmanager
def running_sink() -> Iterator[Sink]:
    sink = Sink()
    controller = Controller(sink, hostname="127.0.0.1", port=sink.port)
    controller.start()
    try:
        yield sink
    finally:
        controller.stop()
