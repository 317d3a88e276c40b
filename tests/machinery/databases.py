"""A migrated, empty database for each test, on SQLite and on PostgreSQL.

Both are migrated once. Then a test on SQLite gets a copy of that file. On PostgreSQL the rows are
deleted by one function with triggers and foreign keys asleep, in a connection kept for that, which
knows the tables already: measured with 59 tables 0.2 ms, against 0.6 ms for the statements one by
one, 7.7 ms in a new connection, 54 ms for TRUNCATE and 51 ms for a new database from the template.
"""

import contextlib
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from kirana.platform import db, migrations
from kirana.platform.config import Settings
from kirana.platform.engines import sqlite
from tests.machinery.postgres import Cluster
from tests.machinery.processes import scratch_folder

KINDS = ("sqlite", "postgresql")
SECRET = "a secret that only the tests know, long enough"
CLEANER = "cleaner"
# Puts rows back that were kept; False where the database they came from is gone.
PutBack = Callable[[], bool]
MEMORY_DISK = Path("/dev/shm")
_keepers: dict[str, Callable[[], PutBack]] = {}
_made: dict[str, int] = {}


@dataclass(frozen=True)
class Database:
    """One database of the running test."""

    kind: str
    url: str


def age(url: str) -> int:
    """How many times a database was made at this address: no connection outlives it."""
    return _made.get(url, 0)


def can_keep(url: str) -> bool:
    """Whether this is the database that one test after another is given."""
    return url in _keepers


def keep(url: str) -> PutBack:
    """Remember all rows of a test's database, so that they can be put back later."""
    return _keepers[url]()


def fast_folder(purpose: str) -> Path:
    """A scratch folder, in memory where there is such a disk: fsync costs nothing there."""
    roomy = MEMORY_DISK.is_dir() and os.access(MEMORY_DISK, os.W_OK)
    if roomy:
        roomy = shutil.disk_usage(MEMORY_DISK).free > 1 << 29
    return scratch_folder(purpose, str(MEMORY_DISK) if roomy else None)


def migrate(url: str, home: Path) -> None:
    """Bring the database at ``url`` to the newest schema."""
    db.configure(Settings(env="test", home=home, secret=SECRET, database_url=url))
    try:
        migrations.upgrade()
    finally:
        db.dispose()


class SqliteSource:
    """Hands out copies of one migrated file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._template: Path | None = None

    @property
    def template(self) -> Path:
        if self._template is None:
            path = self.folder / "template.sqlite3"
            migrate(f"sqlite:///{path}", self.folder)
            assert not path.with_name(path.name + "-wal").exists(), "the template is still open"
            self._template = path
        return self._template

    def fresh(self, path: Path) -> str:
        """A migrated database without rows at ``path``; tells its address."""
        for suffix in ("", "-wal", "-shm", "-journal"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        shutil.copyfile(self.template, path)
        url = f"sqlite:///{path}"
        _keepers[url] = lambda: _keep_file(path)
        return url


def _keep_file(path: Path) -> PutBack:
    kept = sqlite.connect(":memory:")
    with contextlib.closing(sqlite.connect(path)) as now:
        now.backup(kept)

    def put_back() -> bool:
        with contextlib.closing(sqlite.connect(path)) as now:
            kept.backup(now)
        return True

    return put_back


class PostgresSource:
    """Hands out databases of one cluster; the template is shared by all processes of the run."""

    def __init__(self, cluster: Cluster, home: Path) -> None:
        self.cluster = cluster
        self._home = home
        self._name = f"test_{os.getpid()}"
        self._url = ""
        self._cleaner: psycopg.Connection[Any] | None = None
        self._made = 0

    @property
    def template(self) -> str:
        name = f"template_{migrations.head()}_{_fingerprint()}"
        with self.cluster.alone(name):
            if not self.cluster.has(name):
                draft = f"draft_{os.getpid()}"
                migrate(self.cluster.create(draft), self._home)
                self.cluster.rename(draft, name)
        return name

    def fresh(self) -> str:
        """The database of this process, migrated and without rows; tells its address."""
        if self._cleaner is not None:
            try:
                self._cleaner.execute("SELECT clean.up()")
            except psycopg.Error:  # a test left a lock or changed the schema
                self._forget_cleaner()
        if self._cleaner is None:
            self._url = self.cluster.create(self._name, self.template)
            self._cleaner = self._make_cleaner()
            _made[self._url] = _made.get(self._url, 0) + 1
        _keepers[self._url] = self._keep
        return self._url

    @contextlib.contextmanager
    def own(self, migrated: bool = True) -> Iterator[str]:
        """A further database for as long as it is needed."""
        self._made += 1
        name = f"{self._name}_{self._made}"
        yield self.cluster.create(name, self.template if migrated else "template0")
        self.cluster.drop(name)

    def _keep(self) -> PutBack:
        cleaner = self._cleaner
        assert cleaner is not None, "no database was handed out"
        cleaner.execute("DROP SCHEMA IF EXISTS kept CASCADE; CREATE SCHEMA kept")
        _make_function(cleaner, "kept", _tables(cleaner), empty=False)

        def put_back() -> bool:
            if self._cleaner is not cleaner:  # it is another database by now
                return False
            cleaner.execute("SELECT kept.up()")
            return True

        return put_back

    def close(self) -> None:
        self._forget_cleaner()
        if self._url:
            self.cluster.drop(self._name)

    def _forget_cleaner(self) -> None:
        if self._cleaner is not None:
            self._cleaner.close()
            self._cleaner = None

    def _make_cleaner(self) -> psycopg.Connection[Any]:
        """A connection in which ``clean.up()`` brings all tables back to what migrations left."""
        connection = self.cluster.connect(self._name)
        connection.execute(
            f"SET application_name = {CLEANER};"
            " SET lock_timeout = '5s'; SET session_replication_role = replica"
        )
        connection.execute("CREATE SCHEMA clean")
        _make_function(connection, "clean", _tables(connection), empty=True)
        return connection


def _tables(connection: psycopg.Connection[Any]) -> list[str]:
    return [
        name
        for (name,) in connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
        )
    ]


def _sequences(connection: psycopg.Connection[Any]) -> list[sql.Composed]:
    """What makes the next keys those that would be given now."""
    found = connection.execute(
        "SELECT sequencename, last_value FROM pg_sequences"
        " WHERE schemaname = 'public' AND last_value IS NOT NULL ORDER BY 1"
    )
    again = sql.SQL("PERFORM setval({}, {});")
    return [
        again.format(sql.Literal(sql.Identifier(name).as_string(connection)), sql.Literal(last))
        for name, last in found
    ]


def _make_function(
    connection: psycopg.Connection[Any], schema: str, tables: list[str], empty: bool
) -> None:
    """Copy the rows of now into ``schema``; its function ``up`` brings them back.

    With ``empty`` that function also deletes the rows of the tables that hold none now.
    """
    statements = []
    for name in tables:
        table, kept = sql.Identifier(name), sql.Identifier(schema, name)
        delete = sql.SQL("DELETE FROM {};").format(table)
        if connection.execute(sql.SQL("TABLE {} LIMIT 1").format(table)).fetchone():
            connection.execute(sql.SQL("CREATE TABLE {} AS TABLE {}").format(kept, table))
            again = sql.SQL("INSERT INTO {} OVERRIDING SYSTEM VALUE TABLE {};")
            statements += [delete, again.format(table, kept)]
        elif empty:
            statements.append(delete)
    if not empty:
        statements += _sequences(connection)
    body = sql.SQL("BEGIN {} END").format(sql.SQL(" ").join(statements))
    make = sql.SQL("CREATE FUNCTION {}() RETURNS void LANGUAGE plpgsql AS {}")
    name_of = sql.Identifier(schema, "up")
    connection.execute(make.format(name_of, sql.Literal(body.as_string(connection))))


def _fingerprint() -> str:
    """Changes with any file of the migrations."""
    files = sorted((migrations.FOLDER / "versions").glob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]
