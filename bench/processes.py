"""What processes cost: processor time and memory of a whole tree, by /proc (Linux)."""

import contextlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.machinery.processes import descendants

TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Watched:
    """A server by its first process, and the programs that work for it (database, Valkey)."""

    port: int
    pid: int
    beside: Sequence[int] = ()

    def cpu_ms(self) -> float:
        """Processor time of the server and all below it so far."""
        return _cpu_ms(_tree(self.pid))

    def beside_ms(self) -> float:
        return sum(_cpu_ms(_tree(pid)) for pid in self.beside)

    def pss_mb(self) -> float:
        """Memory of the server and all below it, shared pages shared out."""
        return sum(_pss_kb(pid) for pid in _tree(self.pid)) / 1024

    def rss_mb(self) -> dict[int, float]:
        """Memory of each process by its number."""
        return {pid: _rss_kb(pid) / 1024 for pid in sorted(_tree(self.pid))}


def _tree(pid: int) -> set[int]:
    return {pid, *descendants(pid)}


def _cpu_ms(pids: Iterable[int]) -> float:
    """Own time, and that of children which have ended and been waited for."""
    ticks = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            ticks += sum(map(int, fields[11:15]))
    return ticks * TICK_MS


def _pss_kb(pid: int) -> int:
    return _field(Path(f"/proc/{pid}/smaps_rollup"), "Pss:")


def _rss_kb(pid: int) -> int:
    return _field(Path(f"/proc/{pid}/status"), "VmRSS:")


def _field(path: Path, name: str) -> int:
    with contextlib.suppress(OSError):
        for line in path.read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1])
    return 0
