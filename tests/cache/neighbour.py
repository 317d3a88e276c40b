"""The shop in a process of its own: reads a path a line, tells status, X-Cache and body."""

import json
import subprocess
import sys
from dataclasses import asdict
from typing import Any

from kirana.platform.config import Settings

_FIELDS = ("env", "secret", "database_url", "redis_url", "smtp_url")
_PROGRAM = """
import json, sys
from pathlib import Path
from kirana.app import create_app
from kirana.platform.config import Settings

given = json.loads(sys.stdin.readline())
client = create_app(Settings(home=Path(given.pop("home")), **given)).test_client()
print("ready", flush=True)
for line in sys.stdin:
    answer = client.get(line.strip())
    told = [answer.status_code, answer.headers.get("X-Cache"), answer.get_data(as_text=True)]
    print(json.dumps(told), flush=True)
"""


class Neighbour:
    """Another process with the same database and the same Redis."""

    def __init__(self, settings: Settings) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        values = asdict(settings)
        given = {name: values[name] for name in _FIELDS} | {"home": str(settings.home)}
        self._say(json.dumps(given))
        assert self._hear() == "ready\n"

    def get(self, path: str) -> tuple[int, str | None, Any]:
        """Status, X-Cache and JSON of the answer."""
        status, state, body = self.look(path)
        return status, state, json.loads(body)

    def look(self, path: str) -> tuple[int, str | None, str]:
        """Status, X-Cache and text of the answer."""
        self._say(path)
        status, state, body = json.loads(self._hear())
        return status, state, body

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()

    def _hear(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
