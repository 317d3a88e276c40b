"""One keep-alive connection that sends prepared requests, as fast as they are answered.

Run by ``bench.load`` as a process of its own, without any import beyond the standard library, so
that a client costs little of the machine it shares with the server. It reads one job (JSON) from
its standard input, says ``ready`` when it is connected, and begins at the next line. It prints the
seconds that each unit took, and how many answers had which status.
"""

import json
import socket
import sys
import time

HEAD_END = b"\r\n\r\n"
LENGTH = b"content-length:"


def answer(connection: socket.socket, waiting: bytes) -> tuple[int, bytes]:
    """The status of the next answer, and what came behind it."""
    while (end := waiting.find(HEAD_END)) < 0:
        waiting += received(connection)
    head = waiting[:end].lower()
    status, start = int(head[9:12]), end + len(HEAD_END)
    at = head.find(LENGTH)
    if at >= 0:
        stop = head.find(b"\r\n", at)
        length = int(head[at + len(LENGTH) : stop if stop >= 0 else None])
    elif status in (204, 304):
        length = 0
    else:
        raise RuntimeError(f"an answer of unknown length: {head[:300]!r}")
    rest = start + length - len(waiting)
    while rest > 0:
        more = received(connection)
        rest -= len(more)
        waiting += more
    return status, waiting[start + length :]


def received(connection: socket.socket) -> bytes:
    more = connection.recv(1 << 18)
    if not more:
        raise RuntimeError("the server hung up")
    return more


def run(job: dict, connection: socket.socket) -> dict:  # type: ignore[type-arg]
    units = [[text.encode("latin-1") for text in unit] for unit in job["units"]]
    ends = time.perf_counter() + job["seconds"] if job["seconds"] else float("inf")
    took: list[float] = []
    statuses: dict[int, int] = {}
    waiting = b""
    while units:
        for unit in units:
            begun = time.perf_counter()
            if begun >= ends:
                return {"took": took, "statuses": statuses}
            for request in unit:
                connection.sendall(request)
                status, waiting = answer(connection, waiting)
                statuses[status] = statuses.get(status, 0) + 1
            took.append(time.perf_counter() - begun)
        if not job["seconds"]:  # each unit once
            break
    return {"took": took, "statuses": statuses}


def main() -> None:
    job = json.loads(sys.stdin.readline())
    with socket.create_connection(("127.0.0.1", job["port"]), 30) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        sys.stdout.write(json.dumps(run(job, connection)) + "\n")


if __name__ == "__main__":
    main()
