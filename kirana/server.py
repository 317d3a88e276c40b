"""The web server: granian, with the shop loaded once before its processes are forked."""

import gc
import multiprocessing
import os
import sys
from collections import deque
from collections.abc import Collection

from flask import Flask
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from kirana.app import create_serving_app
from kirana.platform.config import Settings, SettingsError, keep_private, load_settings
from kirana.platform.processors import keep_to
from kirana.supervisor.ports import require_web_port
from kirana.wiring import prepare

GRACE_SECONDS = 5
# Beyond this the server itself answers 431 without a word; the edge, which has some, comes first.
LARGEST_HEAD = 64 * 1024


class _Deaths(dict[int, float]):
    """When each process was started anew. The library ends the whole server when one dies within
    5.5 seconds of that: here only when ten were started within a minute."""

    def __init__(self) -> None:
        self._lately: deque[float] = deque(maxlen=10)

    def __setitem__(self, place: int, moment: float) -> None:
        self._lately.append(moment)
        is_loop = len(self._lately) == 10 and moment - self._lately[0] < 60
        super().__setitem__(place, moment if is_loop else 0.0)


def serve(settings: Settings) -> None:
    """Answer requests until SIGTERM or SIGINT; running requests are finished first.

    Raises SettingsError with one sentence when the port cannot be had.
    """
    require_web_port(settings)  # granian would share it silently with another server of this user
    server = Granian(
        "kirana.app:create_serving_app",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(
            header_read_timeout=1000 * settings.header_seconds, max_buffer_size=LARGEST_HEAD
        ),
        websockets=False,
        workers=settings.web_workers,
        blocking_threads=settings.threads,
        respawn_failed_workers=True,
        workers_kill_timeout=GRACE_SECONDS,
        log_level=LogLevels.info,
    )
    if sys.platform != "linux":
        server.serve()
        return
    multiprocessing.set_start_method("fork", force=True)
    app = create_serving_app()  # before the fork, so that the processes share its memory
    gc.collect()
    gc.freeze()

    def settle() -> Flask:
        """In each new process: it takes the place that is free."""
        taken = {worker.idx for worker in server.wrks}
        place = next((n for n in range(settings.web_workers) if n not in taken), 0)
        keep_to(share_of(place, settings.web_workers, os.sched_getaffinity(0)))
        return app

    server.respawned_wrks = _Deaths()
    server.serve(target_loader=settle, wrap_loader=False)


def share_of(place: int, places: int, processors: Collection[int]) -> set[int]:
    """The processors of one of so many processes: as few as there are for it, so that what its
    threads use lies in their caches (docs/decisions, "Processes keep to their processors").
    """
    ordered = sorted(processors)
    return set(ordered[place::places]) or {ordered[place % len(ordered)]}


def prepare_and_serve() -> None:
    """What ``python3 main.py`` does: have a database first; in development it is made.

    That happens in a process of its own, so that no connection to the database crosses a fork.
    """
    settings = load_settings()
    process = multiprocessing.get_context("fork").Process(target=_prepare, args=(settings,))
    process.start()
    process.join()
    if process.exitcode:
        sys.exit(process.exitcode)
    serve(settings)


def _prepare(settings: Settings) -> None:
    try:
        prepare(settings)
    except SettingsError as error:
        sys.exit(str(error))


def main(prepared: bool = False) -> None:
    """Run the server; one line and status 1 when it cannot start."""
    keep_private()
    try:
        serve(load_settings()) if prepared else prepare_and_serve()
    except SettingsError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(prepared=True)
