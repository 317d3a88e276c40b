"""Child processes that cannot outlive the test run, and temporary folders that cannot either."""

import atexit
import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

GUARD = Path(__file__).with_name("guard.py")
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class NotReady(Exception):
    """A process ended or stayed silent instead of getting ready; the text holds its log."""


class _Guard:
    """The pipe to guard.py; one guard for each process that starts others."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: subprocess.Popen[str] | None = None
        self._owner = 0

    def say(self, line: str) -> None:
        with self._lock:
            if self._child is None or self._owner != os.getpid():
                self._owner = os.getpid()
                self._child = subprocess.Popen(
                    [sys.executable, "-S", "-E", str(GUARD)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    start_new_session=True,
                    text=True,
                )
            assert self._child.stdin is not None
            with contextlib.suppress(BrokenPipeError):
                self._child.stdin.write(line + "\n")
                self._child.stdin.flush()


_guard = _Guard()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def scratch_folder(purpose: str, parent: str | None = None) -> Path:
    """A temporary folder (mode 0700) that is gone when the run is, killed or not."""
    path = Path(tempfile.mkdtemp(prefix=f"kirana-{purpose}-", dir=parent))
    _guard.say(f"folder {path}")
    atexit.register(_drop_at_exit, path, os.getpid())
    return path


def drop_folder(path: Path) -> None:
    shutil.rmtree(path, ignore_errors=True)
    _guard.say(f"unfolder {path}")


def _drop_at_exit(path: Path, owner: int) -> None:
    if owner == os.getpid() and path.exists():
        drop_folder(path)


def plain_environment() -> dict[str, str]:
    """The environment without the caller's own shop settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith("KIRANA_")}


def wait_until(ready: Callable[[], object], seconds: float, what: str, pause: float = 0.03) -> None:
    """Ask ``ready`` until it is true; NotReady after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise NotReady(f"{what}: not within {seconds:g} s")
        time.sleep(pause)


@dataclass
class Process:
    """One program in a process group of its own, with its output in a file."""

    name: str
    command: list[str]
    log: Path
    cwd: Path | None = None
    environ: Mapping[str, str] | None = None
    user: str | None = None
    end_signal: int = signal.SIGTERM
    popen: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> "Process":
        with self.log.open("ab") as log:
            self.popen = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.cwd,
                env=dict(self.environ) if self.environ is not None else plain_environment(),
                start_new_session=True,
                preexec_fn=self._before_exec,
                **_as_user(self.user),
            )
        _guard.say(f"watch {self.pid} {int(self.end_signal)}")
        atexit.register(self._stop_at_exit, os.getpid())
        return self

    def run(self, seconds: float) -> None:
        """Start it and wait for its end. Raises NotReady with the log unless it ends well."""
        popen = self.start().popen
        assert popen is not None
        try:
            status = popen.wait(seconds)
        finally:
            self.stop()
        if status != 0:
            raise NotReady(f"{self.name} ended with {status}\n{self.output()[-6000:]}")

    @property
    def pid(self) -> int:
        assert self.popen is not None, f"{self.name} was not started"
        return self.popen.pid

    @property
    def running(self) -> bool:
        return self.popen is not None and self.popen.poll() is None

    def output(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def wait_until_ready(self, ready: Callable[[], object], seconds: float = 30) -> None:
        """Ask ``ready`` until it is true. Raises NotReady with the log otherwise."""

        def ready_or_dead() -> bool:
            return not self.running or bool(ready())

        try:
            wait_until(ready_or_dead, seconds, self.name)
        except NotReady as late:
            raise NotReady(f"{late}\n{self.output()[-6000:]}") from None
        if not self.running:
            raise NotReady(f"{self.name} ended by itself\n{self.output()[-6000:]}")

    def signal(self, number: int) -> None:
        """Send a signal to this process alone."""
        os.kill(self.pid, number)

    def signal_group(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def pause(self) -> None:
        """Freeze the whole group: connections stay open and nothing answers."""
        self.signal_group(signal.SIGSTOP)

    def resume(self) -> None:
        self.signal_group(signal.SIGCONT)

    def kill(self) -> None:
        """kill -9 of this process alone, as a crash or the kernel would."""
        self.signal(signal.SIGKILL)
        assert self.popen is not None
        self.popen.wait(10)

    def stop(self, seconds: float = 10) -> float:
        """End the process politely, then the whole group; tells how long it took."""
        if self.popen is None:
            return 0.0
        began = time.monotonic()
        if self.running:
            self.resume()
            self.signal(self.end_signal)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.popen.wait(seconds)
        self.signal_group(signal.SIGKILL)
        self.popen.wait(10)
        _guard.say(f"forget {self.pid}")
        self.popen = None
        return time.monotonic() - began

    def _stop_at_exit(self, owner: int) -> None:
        if owner == os.getpid():
            self.stop(3)

    def _before_exec(self) -> None:
        # Runs after the change of user, which would clear the setting.
        if _libc is not None:
            _libc.prctl(_PR_SET_PDEATHSIG, int(self.end_signal))


def _as_user(user: str | None) -> dict[str, Any]:
    if user is None:
        return {}
    entry = pwd.getpwnam(user)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def descendants(pid: int) -> set[int]:
    """All processes below ``pid`` (Linux), itself left out."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            stat = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            parents[int(entry.name)] = int(stat[1])
    found: set[int] = set()
    fresh = {pid}
    while fresh:
        fresh = {child for child, parent in parents.items() if parent in fresh} - found
        found |= fresh
    return found


@contextlib.contextmanager
def started(
    process: Process, ready: Callable[[], object], seconds: float = 30
) -> Iterator[Process]:
    """Start, wait until it is ready, lend, stop."""
    try:
        process.start().wait_until_ready(ready, seconds)
        yield process
    finally:
        process.stop()
