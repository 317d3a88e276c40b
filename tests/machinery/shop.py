"""The whole shop as real processes, each on a free port, writing to one temporary folder.

The processes are the founders' own commands: ``python main.py``, Celery's worker and beat on
``main.celery``; the mailbox is the module behind ``kirana mailbox``.
"""

import contextlib
import http.client
import importlib
import json
import signal
import socket
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from kirana.platform import db
from kirana.platform.settings import Settings
from tests.machinery.databases import SECRET
from tests.machinery.processes import (
    NotReady,
    Process,
    drop_folder,
    free_port,
    plain_environment,
    scratch_folder,
    wait_until,
)
from tests.machinery.valkey import Valkey

ROOT = Path(__file__).parents[2]
CLI = [sys.executable, "-c", "from kirana.cli import run; run()"]
CELERY = [sys.executable, "-m", "celery", "-A", "main.celery"]
WORKER = ["--loglevel=info", "--concurrency=1", "--without-gossip", "--without-mingle"]
COMMANDS = {
    "mailbox": [sys.executable, "-m", "kirana.mailbox"],
    "web": [sys.executable, "main.py"],
    "worker": [*CELERY, "worker", *WORKER],
    "beat": [*CELERY, "beat", "--loglevel=info"],
}
# Every test comes from one address, as no crowd of customers does.
GENEROUS = {item.name.upper(): "100000" for item in fields(Settings) if "least" in item.metadata}


class Shop:
    """One shop: its processes by name, its addresses, its mailbox."""

    def __init__(self, database_url: str, valkey_program: Path, **given: str) -> None:
        self.database_url = database_url
        self.home = scratch_folder("shop")
        self.valkey = Valkey(valkey_program)
        self.web_port, self.smtp_port, self.mailbox_port = (free_port() for _ in range(3))
        self.processes: dict[str, Process] = {}
        self._given = given

    @property
    def url(self) -> str:
        return f"http://localhost:{self.web_port}"

    @property
    def mailbox_url(self) -> str:
        return f"http://localhost:{self.mailbox_port}"

    def environ(self) -> dict[str, str]:
        """The settings of the processes, for further commands of a test."""
        chosen = {
            "ENV": "test",
            "HOME": str(self.home),
            "SECRET": SECRET,
            "PORT": str(self.web_port),
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.valkey.url,
            "SMTP_PORT": str(self.smtp_port),
            "MAILBOX_PORT": str(self.mailbox_port),
            **GENEROUS,
            **self._given,
        }
        settings = {f"KIRANA_{name}": value for name, value in chosen.items()}
        return {**plain_environment(), "PYTHONUNBUFFERED": "1", **settings}

    # ---- processes

    def start(self, name: str, **given: str) -> Process:
        """Start ``web``, ``worker``, ``beat`` or ``mailbox`` and wait until it works.

        A name with a suffix (``worker-2``) is a further process of that sort; ``given`` overrides
        settings (``PORT="…"``) for it alone.
        """
        sort = name.partition("-")[0]
        environ = self.environ() | {f"KIRANA_{key}": value for key, value in given.items()}
        process = Process(name, COMMANDS[sort], self.home / f"{name}.log", ROOT, environ)
        heard = len(process.output())
        self.processes[name] = process
        process.start()
        process.wait_until_ready(lambda: self._is_ready(sort, environ, process, heard))
        return process

    def start_second_web(self) -> str:
        """Another web process on the same database and Valkey; tells its address."""
        port = free_port()
        self.start("web-2", PORT=str(port))
        return f"http://localhost:{port}"

    def cli(self, *words: str, seconds: float = 60) -> str:
        """Run ``kirana …`` against this shop; its output. Raises NotReady if it fails."""
        log = self.home / f"cli-{words[0]}.log"
        log.unlink(missing_ok=True)
        process = Process(f"kirana {' '.join(words)}", [*CLI, *words], log, ROOT, self.environ())
        process.run(seconds)
        return process.output()

    def inside(self, *words: str, typed: str = "") -> str:
        """``kirana …`` in this process, on the shop's database; its output.

        For what a process of its own would show no better: to start one takes a second.
        """
        given = {
            name: value for name, value in self.environ().items() if name.startswith("KIRANA_")
        }
        main = importlib.import_module("kirana.cli").main
        try:
            done = CliRunner().invoke(main, words, input=typed, env=given, catch_exceptions=False)
        finally:
            db.dispose()
        if done.exit_code != 0:
            raise NotReady(f"kirana {' '.join(words)} ended with {done.exit_code}\n{done.output}")
        return done.stdout

    def restore(self) -> None:
        """Everything runs, whatever a test stopped, froze or killed."""
        if self.valkey.process is None or not self.valkey.process.running:
            self.valkey.start()
        self.valkey.resume()
        for name in COMMANDS:
            process = self.processes.get(name)
            if process is None or not process.running:
                if process is not None:
                    process.stop()
                self.start(name)
            else:
                process.resume()

    @contextlib.contextmanager
    def running(self) -> Iterator["Shop"]:
        try:
            self.restore()
            yield self
        finally:
            self.close()

    @contextlib.contextmanager
    def counter(self) -> Iterator["Shop"]:
        """Of the whole shop only the web server and Valkey run."""
        try:
            self.valkey.start()
            self.start("web")
            yield self
        finally:
            self.close()

    def close(self) -> None:
        running = [process for process in self.processes.values() if process.running]
        for process in running:
            process.signal_group(signal.SIGTERM)
        for process in self.processes.values():
            process.stop(5)
        self.valkey.close()
        drop_folder(self.home)

    def logs(self) -> str:
        return "\n".join(f"==== {p.name}\n{p.output()}" for p in self.processes.values())

    def _is_ready(self, sort: str, environ: dict[str, str], process: Process, heard: int) -> bool:
        if sort == "web":
            return status_of(int(environ["KIRANA_PORT"]), "/healthz") == 200
        if sort == "mailbox":
            return all(map(listens, (self.smtp_port, self.mailbox_port)))
        word = " ready." if sort == "worker" else "beat: Starting"
        return word in process.output()[heard:]

    # ---- the mailbox

    def mails(self) -> list[dict[str, Any]]:
        """All mails in the mailbox, newest first, in MailHog's shape."""
        answer = get(self.mailbox_port, "/api/v2/messages?limit=200")
        items: list[dict[str, Any]] = json.loads(answer)["items"]
        return items

    def wait_for_mail(self, address: str, subject: str, seconds: float = 20) -> dict[str, Any]:
        """The newest mail to ``address`` whose subject holds ``subject``."""
        found: list[dict[str, Any]] = []

        def has_come() -> bool:
            found[:] = [mail for mail in self.mails() if _is_to(mail, address, subject)]
            return bool(found)

        wait_until(has_come, seconds, f"mail {subject!r} to {address}", pause=0.1)
        return found[0]


def _is_to(mail: dict[str, Any], address: str, subject: str) -> bool:
    headers = mail["Content"]["Headers"]
    to = " ".join(headers.get("To", []))
    return address in to and subject in " ".join(headers.get("Subject", []))


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def get(port: int, path: str) -> bytes:
    """The body of a GET; OSError when nothing answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().read()
    finally:
        connection.close()


def status_of(port: int, path: str) -> int:
    """The status of a GET, 0 when nothing answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
