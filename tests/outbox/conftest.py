"""An SMTP sink, and rows of a kind made for these tests."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, Row, select

from kirana.mailing import delivery
from kirana.mailing.mail import Message, SmtpGateway
from kirana.platform.config import Settings
from kirana.platform.db import query, verb
from kirana.platform.outbox import Outbox, enqueue
from tests.machinery.databases import Database
from tests.outbox.sink import Sink, running_sink


@pytest.fixture(scope="module")
def _sink_of_module() -> Iterator[Sink]:
    with running_sink() as sink:
        yield sink


@pytest.fixture
def sink(_sink_of_module: Sink) -> Sink:
    _sink_of_module.plan.clear()
    _sink_of_module.raw.clear()
    _sink_of_module.attempts = 0
    return _sink_of_module


def greeting(payload: dict[str, Any]) -> Message:
    name = payload["name"]
    return Message(f"{name}@example.org", "Hello", f"<p>Hello {name}</p>", f"Hello {name}\n")


@pytest.fixture
def mailer(database: Database, settings: Settings, sink: Sink) -> SmtpGateway:
    """The real gateway, sending to the sink; mails of kind ``greeting`` can be built."""
    gateway = SmtpGateway(replace(settings, smtp_url=sink.url))
    delivery.use_mailer(gateway)
    delivery.handler("greeting", greeting)
    return gateway


@verb
def add(connection: Connection, name: str, kind: str = "greeting") -> int:
    """A row of ``kind`` for ``name``; its id."""
    assert enqueue(connection, kind, f"{kind}:{name}", name=name)
    found = select(Outbox.id).where(Outbox.dedupe_key == f"{kind}:{name}")
    row_id: int = connection.execute(found).scalar_one()
    return row_id


@query
def row(connection: Connection, row_id: int) -> Row[Any]:
    return connection.execute(select(Outbox.__table__).where(Outbox.id == row_id)).one()
