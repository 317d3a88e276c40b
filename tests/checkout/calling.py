"""Calls to the API of a running shop."""

import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import Connection, select

from kirana.accounts.models import Account
from kirana.accounts.services.sessions import open_session
from kirana.accounts.session_keys import keys_for
from kirana.platform.access import Actor
from kirana.platform.db import verb
from tests.checkout.buying import HOME
from tests.machinery.databases import SECRET


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes
    headers: dict[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@verb
def bearer_of(connection: Connection, actor: Actor) -> str:
    """An access token of a fresh session."""
    columns = (Account.id, Account.role, Account.status, Account.token_version)
    account = connection.execute(select(*columns).where(Account.id == actor.me())).one()
    return open_session(connection, account, keys_for(SECRET), "test", actor).access_token


def order_body(total: int) -> dict[str, Any]:
    return {
        "delivery": msgspec.to_builtins(HOME),
        "expected_total": {"amount": total, "currency": "INR"},
    }


def post(url: str, body: Any, **headers: str) -> Reply:
    return call("POST", url, body, **headers)


def call(method: str, url: str, body: Any = None, **headers: str) -> Reply:
    """Send ``body`` as JSON; underscores in header names stand for hyphens."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=60)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        sent = None if body is None else json.dumps(body)
        connection.request(method, parts.path, sent, {"Content-Type": "application/json", **named})
        answer = connection.getresponse()
        return Reply(answer.status, answer.read(), dict(answer.getheaders()))
    finally:
        connection.close()
