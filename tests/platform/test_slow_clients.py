"""The real server, two processes with four threads each, and people who never finish a request."""

import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import need
from tests.machinery.databases import SqliteSource
from tests.machinery.processes import Process, started, wait_until
from tests.machinery.shop import ROOT, Shop, status_of
from tests.machinery.valkey import find_program
from tests.platform.stalling import HALF, crowd, gets, half_sent, head, post, saying, told, trickle

pytestmark = pytest.mark.on_database("sqlite")

STALLED = 40
PAUSE = 2
QUICK = {
    "WORKERS": "2",
    "THREADS": "4",
    "HEADER_SECONDS": "2",
    "BODY_PAUSE_SECONDS": str(PAUSE),
    "BODY_SECONDS": "5",
}
SIGN_UP = "/api/v1/auth/sign-up"
NEWCOMER = {"name": "Asha Rao", "password": "green tea and biscuits"}
WITHOUT_GATE = """
from kirana.edge.bodies import BodyGate
BodyGate.take_in = lambda gate, environ, peer: None
from kirana.server import main
main()
"""


@pytest.fixture(scope="module")
def counter(
    sqlite_source: SqliteSource, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    """A shop of which only the web server and Valkey run."""
    program = need("Valkey", find_program())
    folder: Path = tmp_path_factory.mktemp("counter")
    shop = Shop(sqlite_source.fresh(folder / "kirana.sqlite3"), program, **QUICK)
    with shop.counter():
        yield shop


def is_joined(port: int, source: str = "127.0.0.1") -> bool:
    """A newcomer's sign-up was taken; False if it was told to come again."""
    body = {**NEWCOMER, "email": f"n{time.monotonic_ns()}@example.org"}
    status = post(port, SIGN_UP, body, source)
    assert status in (202, 503)
    return status == 202


def test_stalled_uploads_hold_nobody_up(counter: Shop) -> None:
    port = counter.web_port
    with crowd(port, STALLED, half_sent(port)) as connections:
        assert gets(port, 30) == [200] * 30
        time.sleep(PAUSE)
        wait_until(lambda: is_joined(port), 20, "a free permit")  # all forty are still connected
        answers = [told(connection) for connection in connections]
    statuses = Counter(status for status, _, _ in answers)
    assert set(statuses) == {408, 503}, statuses
    assert statuses[408] <= 2  # half of the threads, but one in each process for others
    for status, headers, body in answers:
        assert headers["content-type"] == "application/problem+json"
        assert headers["x-request-id"].encode() in body
        assert ("retry-after" in headers) == (status == 503)


def test_one_caller_leaves_room_for_others(counter: Shop) -> None:
    port = counter.web_port
    with crowd(port, STALLED, half_sent(port)):
        time.sleep(0.5)
        assert [is_joined(port, "127.0.0.2") for _ in range(4)] == [True] * 4


def test_the_mutant_without_a_gate_stands_still(counter: Shop, tmp_path: Path) -> None:
    command = [sys.executable, "-c", WITHOUT_GATE]
    environ = counter.environ() | {"KIRANA_PORT": str(counter.smtp_port)}
    port = counter.smtp_port
    mutant = Process("without a gate", command, tmp_path / "log", ROOT, environ)
    ready = started(mutant, lambda: status_of(port, "/healthz") == 200)
    with ready, crowd(port, STALLED, half_sent(port)):
        wait_until(lambda: gets(port, 1) == [0], 20, "a request that nobody answers")


def test_a_trickle_ends_when_its_time_is_over(counter: Shop) -> None:
    port = counter.web_port
    begun = time.monotonic()
    with saying(port, half_sent(port)) as connection:
        writer = threading.Thread(target=trickle, args=(connection, 20))
        writer.start()
        status, _, _ = told(connection)
        took = time.monotonic() - begun
        connection.close()
        writer.join()
    assert status in (0, 408)  # a byte still on its way may cross the answer
    assert 4 < took < 12
    wait_until(lambda: is_joined(port), 20, "a free permit")


def test_slow_headers_hold_nobody_up(counter: Shop) -> None:
    port = counter.web_port
    unfinished = head(port, b"GET /")[:-2] + b"X-Slow: 1"
    with crowd(port, STALLED, unfinished) as slow, crowd(port, STALLED, b"") as silent:
        assert gets(port, 20) == [200] * 20
        begun = time.monotonic()
        for connection in (*slow, *silent):
            assert told(connection)[0] in (0, 408)
        assert time.monotonic() - begun < 12


def test_who_hangs_up_is_forgotten(counter: Shop) -> None:
    port = counter.web_port
    with crowd(port, STALLED, half_sent(port)):
        pass
    wait_until(lambda: is_joined(port), 20, "a free permit")


def test_a_crowd_of_honest_forms_is_served(counter: Shop) -> None:
    port = counter.web_port
    found: list[int] = []
    body = {"email": "nobody@example.org", "password": "wrong password"}
    path = "/api/v1/auth/sign-in"
    crowded = [
        threading.Thread(target=lambda: found.append(post(port, path, body))) for _ in range(12)
    ]
    for one in crowded:
        one.start()
    for one in crowded:
        one.join()
    assert found == [401] * 12


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ((b"Content-Length: 5", b"Transfer-Encoding: chunked"), 411),
        ((b"Transfer-Encoding: chunked", b"Content-Length: 5"), 411),
        ((b"Transfer-Encoding: chunked",), 411),
        ((b"Content-Length: 7000000000",), 413),
        ((b"Content-Length: 5", b"Content-Length: 6"), 400),
        ((b"Content-Length: -5",), 400),
        (tuple(b"X-%d: 1" % number for number in range(90)), 431),
        ((b"X-Long: " + b"x" * 40_000,), 431),
        ((b"X-Long: " + b"x" * 200_000,), 431),
        ((b"Host: other.example",), 400),
    ],
)
def test_each_limit_is_answered(counter: Shop, headers: tuple[bytes, ...], status: int) -> None:
    port = counter.web_port
    said = head(port, b"POST /api/v1/auth/sign-in", b"Content-Type: application/json", *headers)
    with saying(port, said + b"0\r\n\r\n") as connection:
        found, _, _ = told(connection)
    assert found == status
    assert gets(port, 1) == [200]


def test_an_address_has_a_length(counter: Shop) -> None:
    port = counter.web_port
    for size, own_words in ((33_000, True), (70_000, False)):
        with saying(port, head(port, b"GET /api/v1/products?q=" + b"x" * size)) as connection:
            status, headers, _ = told(connection)
        assert status in (414, 431), size
        assert (headers.get("content-type") == "application/problem+json") == own_words


def test_a_large_body_is_answered_before_the_line_is_cut(counter: Shop) -> None:
    port = counter.web_port
    size = 8 * 1024 * 1024
    headers = (b"Content-Type: application/json", b"Content-Length: %d" % size)
    said = head(port, b"POST /api/v1/auth/sign-in", *headers) + HALF
    with saying(port, said + b" " * (size - len(HALF))) as connection:
        status, _, body = told(connection)
    assert status == 413
    assert b"body_too_large" in body
