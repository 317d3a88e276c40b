"""The shop's JSON API, called as a program would."""

import http.client
import json
import time
from dataclasses import dataclass, field
from email.message import Message
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode, urlsplit

API = "/api/v1"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Reply:
    """An answer; header names are in lower case."""

    status: int
    body: bytes
    headers: dict[str, str]
    seconds: float

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class Caller:
    """One visitor over plain HTTP: a bearer token, or cookies that are kept; no redirects."""

    url: str
    token: str = ""
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str) -> Reply:
        return self._send("GET", path, None, {})

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        """A JSON request below /api/v1; underscores in header names stand for hyphens."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        data = None if body is None else json.dumps(body).encode()
        return self._send(method, API + path, data, {"Content-Type": "application/json", **named})

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON of a JSON request that must succeed."""
        reply = self.call(method, path, body)
        assert reply.status < 300, (method, path, reply.status, reply.text)
        return reply.json if reply.body else None

    def send_form(self, path: str, **fields: str) -> Reply:
        """A form of the shop's own page."""
        headers = {"Content-Type": FORM, "Origin": self.url}
        return self._send("POST", path, urlencode(fields).encode(), headers)

    def sign_in(self, email: str, password: str) -> "Caller":
        body = {"email": email, "password": password}
        self.token = self.ask("POST", "/auth/sign-in", body)["access_token"]
        return self

    def _send(self, method: str, path: str, data: bytes | None, given: dict[str, str]) -> Reply:
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)
        headers = dict(given)
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        began = time.monotonic()
        try:
            connection.request(method, path, data, headers)
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        seconds = time.monotonic() - began
        for line in answer.headers.get_all("Set-Cookie", []):
            self.cookies |= {name: part.value for name, part in SimpleCookie(line).items()}
        return Reply(answer.status, body, _lowered(answer.headers), seconds)


def _lowered(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
