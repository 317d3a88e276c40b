"""People for tests, made through the verbs, and requests on their behalf."""

import itertools
import threading
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, select

from kirana.accounts import services
from kirana.accounts.models import Account
from kirana.accounts.session_keys import keys_for
from kirana.accounts.shapes import Credentials, Tokens
from kirana.platform.access import GUEST, SYSTEM
from kirana.platform.db import query
from kirana.platform.tables import Model
from tests.machinery.databases import SECRET

T = TypeVar("T")
API = "/api/v1"
PASSWORD = "green tea and biscuits"
DEVICE = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0"
OWN_ORIGIN = {"Origin": "http://localhost"}
KEYS = keys_for(SECRET)
_numbers = itertools.count(1)


@dataclass
class Visitor:
    """Somebody with a test client, who may hold a bearer token."""

    client: Any
    email: str = ""
    tokens: Tokens | None = None

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens.access_token}"} if self.tokens else {}

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        sent = {**self.headers, **headers}
        return self.client.open(API + path, method=method, json=body, headers=sent)

    def get(self, path: str) -> Any:
        return self.call("GET", path)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.call("POST", path, body, **headers)

    @property
    def uid(self) -> str:
        return str(person_row(self.email).uid)


def join(app: Any, role: str = "customer", email: str = "") -> Visitor:
    """An active account of ``role``, signed in with a bearer token."""
    email = email or f"{role}{next(_numbers)}@example.org"
    person = services.PersonToCreate(email, f"{role.title()} Person", PASSWORD, role, "UTC")
    services.create_account(SYSTEM, person)
    return Visitor(app.test_client(), email, sign_in(email))


def sign_in(email: str, password: str = PASSWORD) -> Tokens:
    """A session of its own, without the edge's limits."""
    return services.sign_in(GUEST, KEYS, Credentials(email, password), DEVICE)


def applicant(app: Any, wished: str = "Corner Shop") -> Visitor:
    """A manager who waits for an admin, signed in."""
    visitor = Visitor(app.test_client(), f"applicant{next(_numbers)}@example.org")
    body = {
        "email": visitor.email,
        "name": "Mira",
        "password": PASSWORD,
        "wished_store": wished,
    }
    assert visitor.post("/auth/manager-applications", body).status_code == 202
    visitor.tokens = sign_in(visitor.email)
    return visitor


@query
def person_row(connection: Connection, email: str) -> Any:
    find = select(Account.__table__).where(Account.email == email)
    return connection.execute(find).one_or_none()


@query
def rows(connection: Connection, table: type[Model]) -> list[Any]:
    return list(connection.execute(select(table.__table__).order_by(*table.__table__.primary_key)))


def at_once(*acts: Callable[[], T]) -> list[T | Exception]:
    """Run every act in a thread of its own, all released together; answers or exceptions."""
    gate = threading.Barrier(len(acts))
    found: list[Any] = [None] * len(acts)

    def run(place: int, act: Callable[[], T]) -> None:
        gate.wait(10)
        try:
            found[place] = act()
        except Exception as error:  # noqa: BLE001 - handed to the test
            found[place] = error

    threads = [
        threading.Thread(target=copy_context().run, args=(run, place, act))
        for place, act in enumerate(acts)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return found
