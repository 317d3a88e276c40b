"""A real Celery worker as a process, on the database and servers of a test."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

from kirana.platform.config import Settings
from tests.machinery.processes import Process, plain_environment

ROOT = Path(__file__).parents[2]
COMMAND = [
    sys.executable, "-m", "celery", "-A", "main.celery", "worker", "--loglevel=info",
    "--concurrency=1", "--without-gossip", "--without-mingle",
]  # fmt: skip


def environ(settings: Settings, smtp_url: str) -> dict[str, str]:
    """The settings as a process of the shop reads them."""
    chosen = {
        "ENV": "test",
        "HOME": str(settings.home),
        "SECRET": settings.secret,
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "SMTP_URL": smtp_url,
    }
    return plain_environment() | {f"KIRANA_{name}": value for name, value in chosen.items()}


def start_worker(settings: Settings, smtp_url: str, log: Path) -> Process:
    """Start one and wait until it takes tasks."""
    worker = Process("worker", COMMAND, log, ROOT, environ(settings, smtp_url))
    heard = len(worker.output())
    worker.start().wait_until_ready(lambda: " ready." in worker.output()[heard:])
    return worker


@contextlib.contextmanager
def running_worker(settings: Settings, smtp_url: str, log: Path) -> Iterator[Process]:
    worker = start_worker(settings, smtp_url, log)
    try:
        yield worker
    finally:
        worker.stop()
