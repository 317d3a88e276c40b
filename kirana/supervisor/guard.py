"""A guarded program: it, and all that it starts, ends when it ends or when the supervisor does.

Between the supervisor and each program stands a guard, a fork of the supervisor that leads a
process group of its own. It holds the reading end of a pipe, the lifeline, whose writing end only
the supervisor holds: however the supervisor ends, the pipe closes and the guard kills its group.
Were the guard killed, the program would get PR_SET_PDEATHSIG and the supervisor kills the rest.
"""

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
TOLD = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass(frozen=True)
class Program:
    """What to run. ``stage`` orders starting and stopping: 0 serves the others, 2 waits for web."""

    name: str
    command: list[str]
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    stage: int = 1


@dataclass(frozen=True)
class Lifeline:
    """The pipe that closes with the supervisor."""

    guards_end: int
    supervisors_end: int

    @classmethod
    def make(cls) -> "Lifeline":
        return cls(*os.pipe())


def adopt_orphans() -> None:
    """Let this process inherit (and so bury) what its guards leave, where the kernel can."""
    if _libc is not None:
        _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def spawn(program: Program, lifeline: Lifeline) -> tuple[int, int]:
    """Start ``program`` behind a guard; the guard's process id, which is its group's too, and the
    reading end of its log."""
    log, log_writer = os.pipe()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, TOLD)
    pid = os.fork()
    if pid == 0:
        try:
            os.close(lifeline.supervisors_end)
            _be_guard(program, lifeline.guards_end, log_writer)
        finally:
            os._exit(1)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    os.close(log_writer)
    os.set_blocking(log, False)
    return pid, log


def kill_group(leader: int) -> None:
    for kill in (os.killpg, os.kill):  # the second for a guard that leads no group yet
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(leader, signal.SIGKILL)


def group_is_gone(leader: int) -> bool:
    try:
        os.killpg(leader, 0)
    except ProcessLookupError:
        return True
    except PermissionError:  # macOS says so of a group of zombies
        return True
    return False


def _be_guard(program: Program, lifeline: int, log_writer: int) -> None:
    os.setsid()
    _redirect(log_writer)
    told: set[int] = set()
    wake = _listen(told)
    try:
        child = _start(program)
    except OSError as error:
        os.write(2, f"cannot be started: {error}\n".encode())
        return
    while child.poll() is None:
        if signal.SIGTERM in told:
            told.clear()
            child.terminate()
        if lifeline in select.select([lifeline, wake], [], [])[0]:
            break
        with contextlib.suppress(BlockingIOError):
            os.read(wake, 512)
    if child.returncode is not None:
        os.write(2, f"ended with {_named(child.returncode)}\n".encode())
    os.killpg(0, signal.SIGKILL)


def _redirect(log_writer: int) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    for target, source in ((0, nothing), (1, log_writer), (2, log_writer)):
        os.dup2(source, target)
    os.close(nothing)
    os.close(log_writer)


def _listen(told: set[int]) -> int:
    """Note signals in ``told`` and wake whoever waits for the returned descriptor."""
    wake, waker = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    for number in TOLD:
        signal.signal(number, lambda number, _frame: told.add(number))
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    return wake


def _start(program: Program) -> subprocess.Popen[bytes]:
    guard = os.getpid()

    def die_with_guard() -> None:
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != guard:
            os._exit(1)

    return subprocess.Popen(  # noqa: S603 - commands are the supervisor's own
        program.command,
        env=dict(program.environ),
        stdin=subprocess.DEVNULL,
        preexec_fn=die_with_guard,
    )


def _named(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"status {code}"
