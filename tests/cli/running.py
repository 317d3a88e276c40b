"""The `kirana` command as a process of its own."""

import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from kirana.cli import main
from kirana.platform import db
from kirana.platform.engines import sqlite
from tests.machinery.processes import plain_environment

ROOT = Path(__file__).parents[2]
PYTHON = sys.executable
KIRANA = (PYTHON, "-m", "kirana.cli")
SECONDS = 120


@dataclass(frozen=True)
class Shop:
    """A KIRANA_HOME with its SQLite database, and commands that are run on it."""

    home: Path
    settings: dict[str, str] = field(default_factory=dict)

    def __call__(self, *words: str, typed: str = "", **settings: str) -> "Said":
        return self.start(*KIRANA, *words, typed=typed, **settings)

    def start(self, *command: str, typed: str = "", **settings: str) -> "Said":
        """Run a program to its end, with these settings and no others."""
        given = {**self.settings, **settings}
        environ = plain_environment() | {"PYTHONPATH": str(ROOT), "KIRANA_HOME": str(self.home)}
        environ |= {f"KIRANA_{name.upper()}": value for name, value in given.items()}
        done = subprocess.run(
            command,
            input=typed,
            capture_output=True,
            text=True,
            cwd=ROOT,
            env=environ,
            timeout=SECONDS,
            check=False,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    def inside(self, *words: str, typed: str = "", **settings: str) -> "Said":
        """The command in this process, where starting one more would show nothing more."""
        given = {"home": str(self.home), **self.settings, **settings}
        environ = {f"KIRANA_{name.upper()}": value for name, value in given.items()}
        try:
            done = CliRunner().invoke(main, words, input=typed, env=environ)
        finally:
            db.dispose()
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Said(done.exit_code, done.stdout, done.stderr)

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run one statement on the database, and keep what it changes."""
        connection = sqlite.connect(self.home / "kirana.sqlite3")
        try:
            found = connection.execute(sql, values).fetchall()
            connection.commit()
            return [tuple(row) for row in found]
        finally:
            connection.close()


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it printed."""

    status: int
    out: str
    err: str

    @property
    def refusal(self) -> str:
        """The one line of a command that refused: status 1, no trace."""
        assert self.status == 1, (self.status, self.out, self.err)
        [line] = self.err.strip().splitlines()
        assert "Traceback" not in self.out + self.err
        return line.removeprefix("Error: ")

    @property
    def answer(self) -> str:
        """What a command said that went well."""
        assert self.status == 0, (self.status, self.out, self.err)
        return self.out
