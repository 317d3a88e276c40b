"""One program as the supervisor sees it: its present guard, its pauses, its log."""

import contextlib
import os
import signal
import sys
from dataclasses import dataclass

from kirana.supervisor.guard import Program, group_is_gone, kill_group

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
STEADY_SECONDS = 30.0  # who has run that long starts again after the shortest pause


def say(name: str, line: str) -> None:
    """One line of the log; a terminal that is gone stops nobody."""
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.write(f"{name:<8}| {line}\n" if name else f"{line}\n")
        sys.stdout.flush()


@dataclass
class Child:
    """A program and the guard that runs it at present (``pid`` is 0 while none does)."""

    program: Program
    pid: int = 0
    last_pid: int = 0
    started: float = 0.0
    due: float = 0.0
    failures: int = 0
    told: bool = False

    def has_started(self, pid: int, now: float) -> None:
        self.pid = self.last_pid = pid
        self.started = now
        self.told = False

    def has_ended(self, now: float) -> float:
        """Kill what is left of the group; the seconds until the next start."""
        kill_group(self.pid)
        self.pid = 0
        self.failures = 1 if now - self.started > STEADY_SECONDS else self.failures + 1
        pause = min(FIRST_PAUSE_SECONDS * 2.0 ** (self.failures - 1), LONGEST_PAUSE_SECONDS)
        self.due = now + pause
        return pause

    def is_due(self, now: float) -> bool:
        """Nothing of the last run is left and the pause is over."""
        if self.pid or self.due > now:
            return False
        if self.last_pid and not group_is_gone(self.last_pid):
            kill_group(self.last_pid)
            return False
        return True

    def terminate(self) -> None:
        """Ask the program, not its own children, to finish; once."""
        if self.pid and not self.told:
            self.told = True
            os.kill(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        if self.pid:
            kill_group(self.pid)


@dataclass
class LogReader:
    """Cuts what one run of a program writes into lines."""

    name: str
    descriptor: int
    rest: bytes = b""

    def read(self) -> bool:
        """Pass on what has come; False at the end."""
        try:
            block = os.read(self.descriptor, 65536)
        except BlockingIOError:
            return True
        *lines, self.rest = (self.rest + block).split(b"\n")
        if not block and self.rest:
            lines.append(self.rest)
        for line in lines:
            say(self.name, line.decode(errors="replace").rstrip())
        return bool(block)
