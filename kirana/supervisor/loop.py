"""Starts programs, passes their log lines on, starts again what ends, and stops them in order."""

import contextlib
import os
import selectors
import signal
import time
from collections.abc import Callable, Sequence

from kirana.supervisor.children import Child, LogReader, say
from kirana.supervisor.guard import TOLD, Lifeline, Program, adopt_orphans, spawn

READY_SECONDS = 15.0  # worker and beat do not wait longer than this for the web server
STOP_SECONDS = {2: 6.0, 1: 6.0, 0: 8.5}  # from the signal to the kill, by stage
HASTE_SECONDS = 0.5  # a second signal after this means: at once


class Supervisor:
    """``is_ready`` is asked until it is true, then ``greet`` is called once."""

    def __init__(
        self, programs: Sequence[Program], is_ready: Callable[[], bool], greet: Callable[[], None]
    ) -> None:
        self._children = [Child(program) for program in programs]
        self._is_ready, self._greet = is_ready, greet
        self._ready = False
        self._told: list[int] = []
        self._stop_began = 0.0
        self._lifeline = Lifeline.make()
        self._selector = selectors.DefaultSelector()

    def run(self) -> None:
        """Run until SIGTERM, SIGINT or SIGHUP, then stop everything within ten seconds."""
        adopt_orphans()
        self._listen()
        self._began = time.monotonic()
        while not self._stop_began or any(child.pid for child in self._children):
            self._start_due()
            for key, _ in self._selector.select(0.05 if self._is_busy() else None):
                self._read(key.data)
            self._reap()
            self._look_whether_ready()
            self._heed_signals()
        self._drain_logs()

    def _is_busy(self) -> bool:
        """Something is to be done soon that no descriptor will tell."""
        waiting = any(not child.pid for child in self._children)
        return waiting or not self._ready or bool(self._stop_began)

    # ---- starting

    def _start_due(self) -> None:
        now = time.monotonic()
        users_may = self._ready or now - self._began > READY_SECONDS
        for child in self._children:
            held = self._stop_began or (child.program.stage == 2 and not users_may)
            if not held and child.is_due(now):
                pid, log = spawn(child.program, self._lifeline)
                child.has_started(pid, now)
                reader = LogReader(child.program.name, log)
                self._selector.register(log, selectors.EVENT_READ, reader)

    def _look_whether_ready(self) -> None:
        if not (self._ready or self._stop_began) and self._is_ready():
            self._ready = True
            self._greet()

    # ---- listening

    def _listen(self) -> None:
        wake, waker = os.pipe()
        os.set_blocking(wake, False)
        os.set_blocking(waker, False)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        for number in TOLD:
            signal.signal(number, lambda number, _frame: self._told.append(number))
        self._selector.register(wake, selectors.EVENT_READ, wake)

    def _read(self, source: LogReader | int) -> None:
        if isinstance(source, int):
            with contextlib.suppress(BlockingIOError):
                os.read(source, 512)
        elif not source.read():
            self._selector.unregister(source.descriptor)
            os.close(source.descriptor)

    def _drain_logs(self) -> None:
        for key in list(self._selector.get_map().values()):
            if isinstance(key.data, LogReader):
                self._read(key.data)

    def _reap(self) -> None:
        """Bury guards, and the orphans that this process has adopted."""
        with contextlib.suppress(ChildProcessError):
            while pid := os.waitpid(-1, os.WNOHANG)[0]:
                for child in self._children:
                    if child.pid == pid:
                        self._has_ended(child)

    def _has_ended(self, child: Child) -> None:
        pause = child.has_ended(time.monotonic())
        if not self._stop_began:
            say("kirana", f"{child.program.name} has ended and starts again in {pause:g} s")

    # ---- stopping

    def _heed_signals(self) -> None:
        stops = [number for number in self._told if number != signal.SIGCHLD]
        self._told.clear()
        now = time.monotonic()
        if stops and not self._stop_began:
            self._stop_began = now
            say("kirana", f"{signal.Signals(stops[0]).name}: stopping")
        elif stops and now - self._stop_began > HASTE_SECONDS:
            self._stop_began = now - max(STOP_SECONDS.values()) - 1
        if self._stop_began:
            self._stop_by_stages(now - self._stop_began)

    def _stop_by_stages(self, waited: float) -> None:
        """Web, worker and beat together; when they are gone, those that served them."""
        alive = [child for child in self._children if child.pid]
        users = [child for child in alive if child.program.stage > 0]
        for child in users or alive:
            child.terminate()
        for child in alive:
            if waited > STOP_SECONDS[child.program.stage]:
                child.kill()
