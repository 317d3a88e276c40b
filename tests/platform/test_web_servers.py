"""The same shop under granian and gunicorn: pages, the edge, a polite end, a killed worker."""

import contextlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kirana.platform import processors
from kirana.server import _Deaths, share_of
from tests.conftest import need
from tests.machinery.databases import SqliteSource
from tests.machinery.processes import Process, descendants, free_port, wait_until
from tests.machinery.shop import ROOT, Shop, status_of
from tests.machinery.valkey import find_program
from tests.platform.stalling import head, saying, told
from tests.races.threads import at_once

pytestmark = pytest.mark.on_database("sqlite")
SERVERS = {
    "granian": [sys.executable, "main.py"],
    "gunicorn": [
        sys.executable, "-m", "gunicorn", "main:app", "--workers", "2", "--threads", "4",
        "--graceful-timeout", "10", "--no-control-socket", "--bind",
    ],
}  # fmt: skip
# As main.py, with the shortest patience with idle threads that the server takes.
HASTY = """
import granian
from kirana import server
server.Granian = lambda *a, **k: granian.Granian(*a, **k, blocking_threads_idle_timeout=5)
server.main()
"""
BODY = json.dumps({"email": "nobody@example.org", "password": "wrong password"}).encode()


@pytest.fixture(scope="module")
def counter(
    sqlite_source: SqliteSource, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    """A shop of which Valkey alone runs."""
    folder: Path = tmp_path_factory.mktemp("counter")
    url = sqlite_source.fresh(folder / "kirana.sqlite3")
    shop = Shop(url, need("Valkey", find_program()), WORKERS="2", THREADS="4")
    shop.valkey.start()
    yield shop
    shop.close()


@contextlib.contextmanager
def serving(counter: Shop, server: str) -> Iterator[tuple[Process, int]]:
    port = free_port()
    command = SERVERS[server] + ([f"127.0.0.1:{port}"] if server == "gunicorn" else [])
    environ = counter.environ() | {"KIRANA_PORT": str(port)}
    process = Process(server, command, counter.home / f"{server}.log", ROOT, environ)
    try:
        process.start().wait_until_ready(lambda: status_of(port, "/healthz") == 200)
        yield process, port
    finally:
        process.stop()


def get(port: int, path: str, *headers: bytes) -> tuple[int, dict[str, str], bytes]:
    asked = head(port, b"GET " + path.encode(), b"Connection: close", *headers)
    with saying(port, asked) as connection:
        return told(connection)


def test_a_worker_outlives_its_idle_threads(counter: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a thread kept was closed while the interpreter took it down: the worker died of it."""
    monkeypatch.setitem(SERVERS, "hasty", [sys.executable, "-c", HASTY])
    with serving(counter, "hasty") as (process, port):
        for price in (1000, 2000):
            paths = [f"/api/v1/products?price_max={price + each}" for each in range(24)]
            told = at_once([lambda path=path: get(port, path)[0] for path in paths])  # type: ignore[misc]
            assert told == [200] * 24
            time.sleep(8)
        log = process.log.read_text()
        assert "Started worker-1" in log
        assert "Unexpected exit" not in log


@pytest.mark.parametrize("server", SERVERS)
def test_the_shop_is_the_same_under_it(counter: Shop, server: str) -> None:
    with serving(counter, server) as (_process, port):
        for path in ("/", "/products", "/api/v1/products", "/sign-in", "/metrics"):
            assert get(port, path)[0] == 200, path
        hits = [get(port, "/products")[1]["x-cache"] for _ in range(6)]
        assert hits[-1] == "hit"
        _, headers, body = get(port, "/products", b"Accept-Encoding: br")
        assert headers["content-encoding"] == "br"
        assert int(headers["content-length"]) == len(body)
        assert "default-src 'none'" in headers["content-security-policy"]
        status, known, body = get(port, "/products", b"If-None-Match: " + headers["etag"].encode())
        assert (status, body, known["etag"]) == (304, b"", headers["etag"])
        assert "content-length" not in known or known["content-length"] == "0"
        with saying(port, head(port, b"HEAD /products", b"Connection: close")) as connection:
            said = b"".join(iter(lambda: connection.recv(65536), b""))
        assert said.startswith(b"HTTP/1.1 200")
        assert said.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("server", SERVERS)
def test_a_polite_end_finishes_what_is_in_flight(counter: Shop, server: str) -> None:
    with serving(counter, server) as (process, port):
        length = b"Content-Length: %d" % len(BODY)
        asked = head(port, b"POST /api/v1/auth/sign-in", b"Content-Type: application/json", length)
        with saying(port, asked + BODY[:10]) as connection:
            time.sleep(0.5)
            process.signal(signal.SIGTERM)
            time.sleep(1)
            assert process.running, "it waits for the request that it has begun to read"
            connection.sendall(BODY[10:])
            status, headers, body = told(connection)
        assert (status, headers["content-type"]) == (401, "application/problem+json")
        assert json.loads(body)["code"]
        wait_until(lambda: not process.running, 10, "the end of the server")


@pytest.mark.parametrize("server", SERVERS)
def test_a_worker_that_dies_comes_back(counter: Shop, server: str) -> None:
    """Three times one after the other; the other process goes on meanwhile."""
    with serving(counter, server) as (process, port):
        for _ in range(3):
            before = set(descendants(process.pid))
            assert len(before) >= 2
            os.kill(min(before), signal.SIGKILL)
            wait_until(
                lambda old=before: len(set(descendants(process.pid)) - old) >= 1,
                20, "a new worker",
            )  # fmt: skip
            wait_until(lambda: status_of(port, "/healthz") == 200, 20, "an answer")
        assert [get(port, "/products")[0] for _ in range(8)] == [200] * 8


def shares(server: Process) -> dict[int, set[int]]:
    """The processors that any thread of each process may run on."""
    found: dict[int, set[int]] = {}
    for pid in descendants(server.pid):
        with contextlib.suppress(OSError):  # the process, or a thread of it, has ended
            threads = [int(thread.name) for thread in Path(f"/proc/{pid}/task").iterdir()]
            found[pid] = set().union(*map(os.sched_getaffinity, threads))
    return found


def test_each_process_keeps_to_its_processors(counter: Shop) -> None:
    """One that comes in another's place takes that one's."""
    ours = os.sched_getaffinity(0)
    expected = sorted(sorted(share_of(place, 2, ours)) for place in range(2))
    with serving(counter, "granian") as (server, port):
        # Who builds the first index may do so anywhere.
        wait_until(
            lambda: sorted(map(sorted, shares(server).values())) == expected, 20, "the shares"
        )
        first = shares(server)
        victim = min(first)
        os.kill(victim, signal.SIGKILL)
        wait_until(
            lambda: victim not in shares(server) and len(shares(server)) == 2, 20, "a new one"
        )
        wait_until(lambda: status_of(port, "/healthz") == 200, 20, "an answer")
        # It takes its share once it has begun, and the other may have answered meanwhile.
        wait_until(
            lambda: sorted(map(sorted, shares(server).values())) == expected, 20, "its share"
        )


def test_a_process_that_cannot_live_is_given_up() -> None:
    """The library asks when it was started anew, and ends if that was 5.5 seconds ago at most."""
    deaths = _Deaths()
    for moment in range(1000, 1009):
        deaths[0] = moment
        assert deaths.get(0) == 0.0
        deaths.clear()
    deaths[1] = 1059.5
    assert deaths.get(1) == 1059.5
    deaths[1] = 1070.0
    assert deaths.get(1) == 0.0


def test_long_work_may_go_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    everything = os.sched_getaffinity(0)
    own = {min(everything)}
    found: list[set[int]] = []

    def work() -> None:
        processors.keep_to(own)
        found.append(os.sched_getaffinity(0))
        with contextlib.suppress(LookupError), processors.anywhere():
            found.append(os.sched_getaffinity(0))
            raise LookupError
        found.append(os.sched_getaffinity(0))

    monkeypatch.setattr(processors, "_known", [])
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [own, everything, own]
    assert os.sched_getaffinity(0) == everything


def test_processors_are_shared_out() -> None:
    assert [share_of(place, 2, {0, 1}) for place in range(2)] == [{0}, {1}]
    assert [share_of(place, 2, {1, 3, 5}) for place in range(2)] == [{1, 5}, {3}]
    assert [share_of(place, 3, {4, 7}) for place in range(3)] == [{4}, {7}, {4}]
    assert share_of(0, 1, {0, 1}) == {0, 1}
