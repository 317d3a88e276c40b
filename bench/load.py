"""Several clients at once against one server, and what that cost the server."""

import json
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from bench.processes import Watched

CLIENT = Path(__file__).with_name("client.py")
CONNECTIONS = 4


@dataclass(frozen=True)
class Call:
    """One request of a unit."""

    method: str
    path: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def on_the_wire(self) -> bytes:
        named = {"Host": "localhost", **self.headers}
        if self.method != "GET":
            named |= {"Content-Type": "application/json", "Content-Length": str(len(self.body))}
        lines = [f"{self.method} {self.path} HTTP/1.1", *(f"{k}: {v}" for k, v in named.items())]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body


Unit = Sequence[Call]


@dataclass(frozen=True)
class Load:
    """One round: units sent, seconds it took, what it cost the server and the programs beside it.

    ``took`` are the seconds of each unit, ``statuses`` how many answers had which status.
    """

    units: int
    seconds: float
    cpu_ms: float
    beside_ms: float
    took: Sequence[float]
    statuses: Counter[int]

    def percentile(self, share: float) -> float:
        """In milliseconds."""
        if len(self.took) < 2:
            return 1000 * self.took[0]
        cuts = statistics.quantiles(self.took, n=1000, method="inclusive")
        return 1000 * cuts[min(998, round(share * 1000) - 1)]


def apply_load(
    server: Watched, units: Sequence[Unit], seconds: float, connections: int = CONNECTIONS
) -> Load:
    """Send ``units`` over so many connections: again and again for so long, or each once for 0."""
    parts = [units[number::connections] for number in range(min(connections, len(units)))]
    clients = [_start(server.port, part, seconds) for part in parts]
    try:
        for client in clients:
            _line(client)
        before, beside, begun = server.cpu_ms(), server.beside_ms(), time.perf_counter()
        for client in clients:
            _pipe(client.stdin).write("go\n")
            _pipe(client.stdin).flush()
        told = [json.loads(_line(client)) for client in clients]
        spent, took = server.cpu_ms() - before, time.perf_counter() - begun
        beside = server.beside_ms() - beside
    finally:
        for client in clients:
            client.kill()
            client.wait()
    seconds_of_all = [each for one in told for each in one["took"]]
    return Load(len(seconds_of_all), took, spent, beside, seconds_of_all, _summed(told))


def _summed(told: Sequence[dict[str, Any]]) -> Counter[int]:
    found: Counter[int] = Counter()
    for one in told:
        found.update({int(status): count for status, count in one["statuses"].items()})
    return found


def _start(port: int, units: Sequence[Unit], seconds: float) -> "subprocess.Popen[str]":
    client = subprocess.Popen(  # noqa: S603 - our own client
        [sys.executable, "-S", "-E", str(CLIENT)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    texts = [[each.on_the_wire().decode("latin-1") for each in unit] for unit in units]
    _pipe(client.stdin).write(json.dumps({"port": port, "seconds": seconds, "units": texts}) + "\n")
    _pipe(client.stdin).flush()
    return client


def _pipe(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None  # noqa: S101 - every client has both
    return pipe


def _line(client: "subprocess.Popen[str]") -> str:
    line = _pipe(client.stdout).readline()
    if not line:
        raise RuntimeError("a client ended without a word; its error stands above")
    return line
