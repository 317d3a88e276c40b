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
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from kirana.platform import db, migrations
from kirana.platform.config import Settings
from tests.machinery.postgres import Cluster
from tests.machinery.processes import scratch_folder

KINDS = ("sqlite", "postgresql")
SECRET = "a secret that only the tests know, long enough"
CLEANER = "cleaner"
MEMORY_DISK = Path("/dev/shm")


@dataclass(frozen=True)
class Database:
    """One database of the running test."""

    kind: str
    url: str


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
        return f"sqlite:///{path}"


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
        return self._url

    @contextlib.contextmanager
    def own(self, migrated: bool = True) -> Iterator[str]:
        """A further database for as long as it is needed."""
        self._made += 1
        name = f"{self._name}_{self._made}"
        yield self.cluster.create(name, self.template if migrated else "template0")
        self.cluster.drop(name)

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
        rows = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
        ).fetchall()
        statements = []
        connection.execute(
            f"SET application_name = {CLEANER};"
            " SET lock_timeout = '5s'; SET session_replication_role = replica"
        )
        connection.execute("CREATE SCHEMA clean")
        for (name,) in rows:
            table, kept = sql.Identifier(name), sql.Identifier("clean", name)
            statements.append(sql.SQL("DELETE FROM {};").format(table))
            if connection.execute(sql.SQL("TABLE {} LIMIT 1").format(table)).fetchone():
                connection.execute(sql.SQL("CREATE TABLE {} AS TABLE {}").format(kept, table))
                again = sql.SQL("INSERT INTO {} OVERRIDING SYSTEM VALUE TABLE {};")
                statements.append(again.format(table, kept))
        body = sql.SQL("BEGIN {} END").format(sql.SQL(" ").join(statements))
        make = sql.SQL("CREATE FUNCTION clean.up() RETURNS void LANGUAGE plpgsql AS {}")
        connection.execute(make.format(sql.Literal(body.as_string(connection))))
        return connection


def _fingerprint() -> str:
    """Changes with any file of the migrations."""
    files = sorted((migrations.FOLDER / "versions").glob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]
