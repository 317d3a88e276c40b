"""From `kirana up` to the supervisor's loop."""

import fcntl
import os
import socket
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from kirana.platform.config import Settings, SettingsError, keep_private, load_settings
from kirana.supervisor.children import say
from kirana.supervisor.loop import Supervisor
from kirana.supervisor.ports import choose_ports
from kirana.supervisor.programs import ROOT, find_valkey, make_folders, programs

LOCK_SECONDS = 1.0  # a killed supervisor's guards hold the lock until their groups are gone


def run(
    settings: Settings,
    prepare: Callable[[Settings], object],
    banner: Callable[[], Sequence[str]],
) -> int:
    """Prepare, then become the supervisor of all processes; lines of ``banner`` are shown once the
    shop answers.

    Returns a status only if it cannot start, after one clear sentence. The process is replaced by
    a fresh one, because this one has loaded the whole shop and would keep its memory.
    """
    try:
        lock = _lock(_usable_home(settings))
        settings = replace(settings, home=settings.home.resolve())
        settings, notes = choose_ports(settings, web_is_fixed="KIRANA_PORT" in os.environ)
    except SettingsError as error:
        say("", str(error))
        return 1
    prepare(settings)
    return _become_supervisor(settings, lock, [*notes, *banner()])


def _become_supervisor(settings: Settings, lock: int, lines: Sequence[str]) -> NoReturn:
    """Go on in a fresh process; the lock and a pipe with the lines are handed over."""
    reading, writing = os.pipe()
    os.write(writing, "\n".join(lines).encode())
    for descriptor in (lock, reading):
        os.set_inheritable(descriptor, True)
    words = [sys.executable, "-m", "kirana.supervisor", str(lock), str(reading)]
    os.execve(words[0], words, _environment(settings))  # noqa: S606 - no shell


def supervise(lock: int, greeting: int) -> int:
    """The loop, with settings from the environment. The lock is held as long as a guard lives."""
    os.set_inheritable(lock, False)
    with open(greeting) as file:
        lines = file.read().splitlines()
    keep_private()
    settings = load_settings()
    make_folders(settings)
    if not settings.redis_url and find_valkey() is None:
        say("", "No Valkey or Redis was found: pages work, jobs and mails wait for one.")
    Supervisor(
        programs(settings, dict(os.environ)),
        is_ready=lambda: _answers(settings),
        greet=lambda: _greet(settings, lines),
    ).run()
    return 0


def _usable_home(settings: Settings) -> Path:
    home = settings.home.resolve()
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"KIRANA_HOME={home} cannot be made: {error.strerror}.") from None
    if not os.access(home, os.W_OK | os.X_OK):
        raise SettingsError(f"KIRANA_HOME={home} belongs to another user; this one cannot write.")
    return home


def _lock(home: Path) -> int:
    """Hold the folder for one supervisor. Raises SettingsError if another one has it."""
    lock = os.open(home / "up.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return lock
        except BlockingIOError:
            if time.monotonic() > deadline:
                os.close(lock)
                raise SettingsError(
                    f"Kirana is running already in {home}; stop it, or set another KIRANA_HOME."
                ) from None
            time.sleep(0.05)


def _environment(settings: Settings) -> dict[str, str]:
    ports = ("port", "smtp_port", "mailbox_port", "redis_port")
    chosen = {f"KIRANA_{name.upper()}": str(getattr(settings, name)) for name in ports}
    chosen["KIRANA_HOME"] = str(settings.home)
    # main.py is found from anywhere, and relative addresses of databases keep their meaning
    paths = filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))
    chosen["PYTHONPATH"] = os.pathsep.join(paths)
    return {**os.environ, "PYTHONUNBUFFERED": "1", **chosen}


def _answers(settings: Settings) -> bool:
    """Whether the web server says that it is healthy."""
    anywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - asked, not bound
    host = anywhere.get(settings.host, settings.host)
    question = f"GET /healthz HTTP/1.1\r\nHost: localhost:{settings.port}\r\n"
    try:
        with closing(socket.create_connection((host, settings.port), 1)) as connection:
            connection.sendall(f"{question}Connection: close\r\n\r\n".encode())
            return connection.recv(12).endswith(b" 200")
    except OSError:
        return False


def _greet(settings: Settings, lines: Sequence[str]) -> None:
    say("", f"\nThe shop     {settings.public_url}")
    if not settings.smtp_url:
        mailbox = f"http://localhost:{settings.mailbox_port}"
        say("", f"The mailbox  {mailbox}  (takes mail on port {settings.smtp_port})")
    for line in (*lines, "Ctrl-C stops everything.\n"):
        say("", line)
