"""The line to PostgreSQL, as a proxy that a test can cut around one COMMIT."""

import contextlib
import socket
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from tests.machinery.processes import free_port

COMMIT = b"COMMIT\x00"
SOCKET = ".s.PGSQL.5432"
Cut = Literal["before", "after"]


class Line:
    """Listens on a port of its own and passes everything on, until it is told to cut."""

    def __init__(self, folder: Path) -> None:
        self._server = str(folder / SOCKET)
        self._port = free_port()
        self._listener = socket.create_server(("127.0.0.1", self._port))
        self._cuts: list[Cut] = []
        threading.Thread(target=self._listen, daemon=True).start()

    def url(self, direct: str) -> str:
        """The same database as ``direct``, by this line."""
        name = urlsplit(direct).path.lstrip("/")
        options = "sslmode=disable&gssencmode=disable"
        return f"postgresql+psycopg://postgres@127.0.0.1:{self._port}/{name}?{options}"

    def cut_next(self, *when: Cut) -> None:
        """Lose the next COMMITs ``before`` the server has them, or their answers ``after``."""
        self._cuts = list(when)

    @property
    def is_whole(self) -> bool:
        """Every cut that was asked for has been made."""
        return not self._cuts

    def close(self) -> None:
        self._listener.close()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._server)
                call = _Call(client, server)
                for work in (self._ask, self._answer):
                    threading.Thread(target=work, args=[call], daemon=True).start()

    def _ask(self, call: "_Call") -> None:
        while said := _heard(call.client):
            if COMMIT in said and self._cuts:
                if self._cuts.pop(0) == "before":
                    break
                call.is_lost = True
            call.server.sendall(said)
        call.hang_up()

    def _answer(self, call: "_Call") -> None:
        with contextlib.suppress(OSError):
            while (said := _heard(call.server)) and not call.is_lost:
                call.client.sendall(said)
        call.hang_up()


@dataclass
class _Call:
    """One connection through the line; once ``is_lost``, the next answer does not arrive."""

    client: socket.socket
    server: socket.socket
    is_lost: bool = False

    def hang_up(self) -> None:
        for end in (self.client, self.server):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def _heard(end: socket.socket) -> bytes:
    try:
        return end.recv(65536)
    except OSError:
        return b""
