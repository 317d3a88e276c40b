"""The founders' five commands, each by itself, share one folder: database, secret, schedule."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tests.conftest import need
from tests.journeys.api_client import Caller
from tests.journeys.people import Person
from tests.machinery import shop as machinery
from tests.machinery.processes import (
    Process,
    drop_folder,
    free_port,
    plain_environment,
    scratch_folder,
    wait_until,
)
from tests.machinery.valkey import find_program

pytestmark = pytest.mark.on_database("sqlite")

CELERY = [str(Path(sys.executable).with_name("celery")), "-A", "main.celery"]
PERSON = Person("Lina Berg", "lina@example.org")
LITTER = ("celerybeat-schedule*", "dump.rdb", "*.sqlite3*", "*.pid", "instance")


class Terminals:
    """Five processes as typed at five prompts, with nothing set but the folder and free ports."""

    def __init__(self) -> None:
        self.home = scratch_folder("terminals")
        self.ports = {name: free_port() for name in ("web", "redis", "smtp", "mailbox")}
        self.processes: dict[str, Process] = {}

    @property
    def web(self) -> Caller:
        return Caller(f"http://localhost:{self.ports['web']}")

    @property
    def mailbox(self) -> Caller:
        return Caller(f"http://localhost:{self.ports['mailbox']}")

    def environ(self) -> dict[str, str]:
        return {
            **plain_environment(),
            "PYTHONUNBUFFERED": "1",
            "KIRANA_HOME": str(self.home),
            "KIRANA_PORT": str(self.ports["web"]),
            "KIRANA_REDIS_PORT": str(self.ports["redis"]),
            "KIRANA_SMTP_PORT": str(self.ports["smtp"]),
            "KIRANA_MAILBOX_PORT": str(self.ports["mailbox"]),
        }

    def open_all(self) -> None:
        """All at once, so that none can lean on another's having started before."""
        program = need("Valkey", find_program())
        self.type("redis", [str(program), "--port", str(self.ports["redis"])], self.home)
        self.type("web", [sys.executable, "main.py"])
        self.type("worker", [*CELERY, "worker", "--loglevel=info"])
        self.type("beat", [*CELERY, "beat", "--loglevel=info"])
        self.type("mailbox", [*machinery.CLI, "mailbox"])

    def type(self, name: str, command: list[str], folder: Path = machinery.ROOT) -> None:
        log = self.home / f"{name}.log"
        self.processes[name] = Process(name, command, log, folder, self.environ()).start()

    def wait(self) -> None:
        ready = {
            "redis": lambda: machinery.listens(self.ports["redis"]),
            "web": lambda: machinery.status_of(self.ports["web"], "/readyz") == 200,
            "worker": lambda: " ready." in self.processes["worker"].output(),
            "beat": lambda: "beat: Starting" in self.processes["beat"].output(),
            "mailbox": lambda: machinery.listens(self.ports["mailbox"]),
        }
        for name, process in self.processes.items():
            process.wait_until_ready(ready[name])

    def subjects(self) -> list[str]:
        mails = self.mailbox.get("/api/v2/messages").json["items"]
        return [mail["Content"]["Headers"]["Subject"][0] for mail in mails]

    def close(self) -> None:
        for process in self.processes.values():
            process.stop(5)
        drop_folder(self.home)


@pytest.fixture(scope="module")
def terminals() -> Iterator[Terminals]:
    opened = Terminals()
    before = litter()
    try:
        opened.open_all()
        opened.wait()
        yield opened
    finally:
        opened.close()
    assert litter() == before


def litter() -> set[Path]:
    return {path for name in LITTER for path in machinery.ROOT.glob(name)}


def test_they_share_a_database_and_a_secret(terminals: Terminals) -> None:
    body = {"email": PERSON.email, "name": PERSON.name, "password": PERSON.password}
    web = terminals.web
    assert web.call("POST", "/auth/sign-up", body).status == 202
    assert web.call("POST", "/auth/sign-up", body).status == 202
    assert web.call("GET", "/me").status == 401
    web.sign_in(PERSON.email, PERSON.password)
    assert web.ask("GET", "/me")["email"] == PERSON.email
    # The worker read the same database and wrote to the owner of the known address.
    wait_until(
        lambda: any("already have an account" in subject for subject in terminals.subjects()),
        20,
        "the mail about a known address",
        pause=0.1,
    )
    secret = terminals.home / "secret"
    assert secret.stat().st_mode & 0o777 == 0o600
    assert len(secret.read_bytes().strip()) >= 32
    assert (terminals.home / "kirana.sqlite3").stat().st_size > 0


def test_the_secret_outlives_the_web_server(terminals: Terminals) -> None:
    body = {"email": "ravi@example.org", "name": "Ravi", "password": PERSON.password}
    web = terminals.web
    web.ask("POST", "/auth/sign-up", body)
    web.sign_in("ravi@example.org", PERSON.password)
    terminals.processes["web"].stop()
    terminals.type("web", [sys.executable, "main.py"])
    terminals.wait()
    assert web.ask("GET", "/me")["email"] == "ravi@example.org"


def test_the_moment_of_the_cache_stays(terminals: Terminals) -> None:
    redis.Redis(port=terminals.ports["redis"]).flushall()
    web = terminals.web
    first = web.call("GET", "/cache-check")
    time.sleep(1)
    second = web.call("GET", "/cache-check")
    assert (first.headers["x-cache"], second.headers["x-cache"]) == ("miss", "hit")
    assert first.json["moment"] == second.json["moment"]
