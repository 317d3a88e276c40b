"""A mailbox as a process of its own, on free ports."""

import http.client
import json
import smtplib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from tests.machinery.processes import (
    Process,
    drop_folder,
    free_port,
    plain_environment,
    scratch_folder,
)
from tests.machinery.shop import ROOT, listens


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Mailbox:
    """The process, and how a test talks to it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.smtp_port, self.page_port = free_port(), free_port()
        self.process = self._process()

    def _process(self) -> Process:
        settings = {
            "KIRANA_HOME": str(self.home),
            "KIRANA_SMTP_PORT": str(self.smtp_port),
            "KIRANA_MAILBOX_PORT": str(self.page_port),
        }
        command = [sys.executable, "-m", "kirana.mailbox"]
        log = self.home / "mailbox.log"
        return Process("mailbox", command, log, ROOT, plain_environment() | settings)

    def start(self) -> None:
        self.process.start()
        self.process.wait_until_ready(
            lambda: listens(self.smtp_port) and listens(self.page_port), 10
        )

    def restart(self) -> None:
        self.process.stop()
        self.process = self._process()
        self.start()

    def send(self, message: EmailMessage | bytes, *to: str) -> None:
        with smtplib.SMTP("127.0.0.1", self.smtp_port, "localhost", timeout=10) as client:
            if isinstance(message, bytes):
                client.sendmail("shop@example.com", to, message)
            else:
                client.send_message(message)

    def ask(self, path: str, method: str = "GET", **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.page_port, timeout=10)
        try:
            spelled = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, headers=spelled)
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def newest(self) -> dict[str, Any]:
        item: dict[str, Any] = self.ask("/api/v2/messages?limit=1").json["items"][0]
        return item


@pytest.fixture(scope="module")
def running() -> Iterator[Mailbox]:
    home = scratch_folder("mailbox")
    mailbox = Mailbox(home)
    mailbox.start()
    yield mailbox
    mailbox.process.stop()
    drop_folder(home)


@pytest.fixture
def mailbox(running: Mailbox) -> Mailbox:
    """A running mailbox with nothing in it."""
    assert running.ask("/api/v1/messages", "DELETE").status == 200
    return running
