"""`kirana up` as a whole: real web, worker, beat, Valkey and mailbox."""

import http.client
import os
import re
import signal
import socket
import stat
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.machinery.processes import (
    Process,
    drop_folder,
    free_port,
    plain_environment,
    scratch_folder,
    wait_until,
)
from tests.machinery.shop import CLI, ROOT, get, listens, status_of
from tests.supervision.seen import leader, named, processes

PORTS = ("PORT", "SMTP_PORT", "MAILBOX_PORT", "REDIS_PORT")
SECONDS = 40  # on a machine that is busy with other tests


class Up:
    """`kirana up` in a folder of its own."""

    def __init__(self, home: Path, **given: str) -> None:
        self.home = home
        self.ports = {name: free_port() for name in PORTS}
        environ = {f"KIRANA_{name}": str(port) for name, port in self.ports.items()}
        environ |= {"KIRANA_HOME": str(home)} | given
        command = [*CLI, "up", "--no-demo"]
        log = home / "up.log"
        self.process = Process("kirana up", command, log, ROOT, plain_environment() | environ)

    @property
    def port(self) -> int:
        return self.ports["PORT"]

    def start(self) -> "Up":
        self.process.start()
        self.process.wait_until_ready(lambda: "Ctrl-C stops" in self.process.output(), SECONDS)
        self.wait_for("ready.", 1)
        self.wait_for("beat: Starting", 1)
        return self

    def wait_for(self, text: str, count: int) -> None:
        self.process.wait_until_ready(lambda: self.process.output().count(text) >= count, SECONDS)

    def wait_until_nothing_runs(self, seconds: float) -> None:
        wait_until(lambda: not processes(self.home), seconds, f"an end of {processes(self.home)}")


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    folder = scratch_folder("up")
    yield folder
    drop_folder(folder)


@pytest.fixture(scope="module")
def running(home: Path) -> Iterator[Up]:
    shop = Up(home).start()
    yield shop
    shop.process.stop()


pytestmark = pytest.mark.xdist_group("supervision")


def test_it_prints_where_things_are(running: Up) -> None:
    log = running.process.output()
    assert f"http://localhost:{running.port}\n" in log
    assert f"http://localhost:{running.ports['MAILBOX_PORT']}  (takes mail on port" in log
    assert status_of(running.port, "/healthz") == 200
    assert b"Mailbox" in get(running.ports["MAILBOX_PORT"], "/")
    assert listens(running.ports["SMTP_PORT"])
    assert re.search(r"^web +\| ", log, re.MULTILINE)


def test_all_that_is_written_lies_in_one_folder_and_the_secret_is_private(running: Up) -> None:
    assert stat.S_IMODE((running.home / "secret").stat().st_mode) == 0o600
    made = {path.name for path in running.home.iterdir()}
    assert {"kirana.sqlite3", "secret", "beat", "valkey", "mailbox"} <= made
    for name in ("dump.rdb", "celerybeat-schedule", "celerybeat-schedule.db"):
        assert not (ROOT / name).exists()


def test_a_second_one_in_the_same_folder_is_refused(running: Up) -> None:
    other = Up(running.home)
    other.process.log = running.home / "second.log"
    other.process.start()
    assert other.process.popen is not None
    assert other.process.popen.wait(SECONDS) == 1
    assert f"Kirana is running already in {running.home.resolve()}" in other.process.output()
    assert status_of(running.port, "/healthz") == 200


def test_a_killed_web_server_takes_its_workers_along_and_comes_back(running: Up) -> None:
    before = named(running.home, "kirana.server")
    assert len(before) >= 3  # granian and two workers
    os.kill(leader(running.home, "kirana.server"), signal.SIGKILL)
    wait_until(lambda: not set(before) & set(processes(running.home)), 3, "its workers are gone")
    wait_until(lambda: status_of(running.port, "/healthz") == 200, SECONDS, "it is back")


def test_a_killed_web_worker_is_replaced(running: Up) -> None:
    main = leader(running.home, "kirana.server")
    workers = set(named(running.home, "kirana.server")) - {main}
    os.kill(min(workers), signal.SIGKILL)

    def is_replaced() -> bool:
        now = set(named(running.home, "kirana.server")) - {main}
        return len(now) == len(workers) and min(workers) not in now

    wait_until(is_replaced, SECONDS, "another worker")
    assert leader(running.home, "kirana.server") == main


def test_a_killed_celery_worker_takes_its_pool_along_and_comes_back(running: Up) -> None:
    before = named(running.home, "worker", "celery")
    assert len(before) >= 2
    ready = running.process.output().count(" ready.")
    os.kill(leader(running.home, "worker", "celery"), signal.SIGKILL)
    wait_until(lambda: not set(before) & set(processes(running.home)), 3, "its pool is gone")
    running.wait_for(" ready.", ready + 1)


def test_sigterm_finishes_requests_and_stops_all_within_ten_seconds(running: Up) -> None:
    connection = socket.create_connection(("127.0.0.1", running.port), 10)
    body = b'{"email": "nobody@example.com", "password": "no such password"}'
    connection.sendall(
        b"POST /api/v1/auth/sign-in HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
    )
    time.sleep(0.3)  # the request is being read
    began = time.monotonic()
    running.process.signal(signal.SIGTERM)
    time.sleep(0.7)
    connection.sendall(body)
    answer = http.client.HTTPResponse(connection)
    answer.begin()
    assert answer.status in (401, 422)
    connection.close()
    assert running.process.popen is not None
    assert running.process.popen.wait(10) == 0
    assert time.monotonic() - began < 10
    assert not processes(running.home)


def test_a_second_start_is_quick_and_kill_9_of_it_leaves_nothing(running: Up, home: Path) -> None:
    assert not running.process.running, "stopped by the test before"
    again = Up(home)
    again.process.log = home / "again.log"
    again.start()
    supervisor = again.process.pid
    assert len(processes(home)) > 10
    os.kill(supervisor, signal.SIGKILL)
    assert again.process.popen is not None
    again.process.popen.wait(5)
    again.wait_until_nothing_runs(3)


def test_a_web_port_in_use_gives_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        port = str(listener.getsockname()[1])
        shop = Up(tmp_path, KIRANA_PORT=port)
        shop.process.start()
        assert shop.process.popen is not None
        assert shop.process.popen.wait(SECONDS) == 1
    said = f"Port {port} is in use; set KIRANA_PORT to a free one."
    assert shop.process.output().strip().splitlines() == [said]
    assert not (tmp_path / "kirana.sqlite3").exists()


def test_importing_main_makes_nothing(tmp_path: Path) -> None:
    home = tmp_path / "instance"
    code = "import main, sys; sys.exit(repr(main.celery) is None)"
    environ = plain_environment() | {"KIRANA_HOME": str(home), "KIRANA_ENV": "development"}
    Process("import", [sys.executable, "-c", code], tmp_path / "log", ROOT, environ).run(SECONDS)
    assert not home.exists()
    code = "import main; assert main.app.name == 'kirana' and main.app is main.app"
    Process("import", [sys.executable, "-c", code], tmp_path / "log", ROOT, environ).run(SECONDS)
    assert (home / "secret").exists()
    assert not (home / "kirana.sqlite3").exists()
