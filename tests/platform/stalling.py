"""Raw connections to a web server, and clients who do not finish what they began."""

import contextlib
import http.client
import json
import socket
import time
from collections.abc import Iterator
from typing import Any

HALF = b'{"email": "a@b.example", '


def head(port: int, line: bytes, *headers: bytes) -> bytes:
    parts = [line + b" HTTP/1.1", b"Host: localhost:%d" % port, *headers]
    return b"\r\n".join(parts) + b"\r\n\r\n"


def half_sent(port: int) -> bytes:
    """The beginning of a sign-in of 5,000 bytes."""
    headers = (b"Content-Type: application/json", b"Content-Length: 5000")
    return head(port, b"POST /api/v1/auth/sign-in", *headers) + HALF


@contextlib.contextmanager
def crowd(port: int, number: int, said: bytes) -> Iterator[list[socket.socket]]:
    """So many connections, each of which says that and then nothing."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(saying(port, said)) for _ in range(number)]


def saying(port: int, said: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), 10)
    connection.sendall(said)
    return connection


def told(connection: socket.socket, seconds: float = 20) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the next answer; status 0 when the server just hung up."""
    connection.settimeout(seconds)
    answer = http.client.HTTPResponse(connection)
    try:
        answer.begin()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, headers, answer.read()
    except (http.client.HTTPException, ConnectionError):
        return 0, {}, b""


def gets(port: int, number: int) -> list[int]:
    """Statuses of so many GETs, each on a new connection; 0 for one not answered in 10 s."""
    return [_get(port) for _ in range(number)]


def _get(port: int) -> int:
    try:
        with saying(port, head(port, b"GET /api/v1/products", b"Connection: close")) as connection:
            return told(connection, 10)[0]
    except OSError:
        return 0


def post(port: int, path: str, body: Any, source: str = "127.0.0.1") -> int:
    """The status of an ordinary POST from the address ``source``."""
    connection = http.client.HTTPConnection(
        "127.0.0.1", port, timeout=10, source_address=(source, 0)
    )
    headers = {"Content-Type": "application/json"}
    connection.request("POST", path, json.dumps(body), headers)
    try:
        return connection.getresponse().status
    finally:
        connection.close()


def trickle(connection: socket.socket, seconds: float) -> None:
    """One byte each 300 ms, for so long or until the server has enough."""
    until = time.monotonic() + seconds
    with contextlib.suppress(OSError):
        while time.monotonic() < until:
            connection.sendall(b" ")
            time.sleep(0.3)
