"""The TCP connections that this process serves, looked at from below the web server.

A web server gives the application a body to read and no way to stop reading: whoever reads waits
for as long as the other side likes. The kernel knows how long each connection has been silent, and
ending the reading half of one wakes the reader, while an answer can still be sent.
"""

import os
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from pathlib import Path

_OPEN_FILES = Path("/proc/self/fd")
# In struct tcp_info, milliseconds since: data was sent, an ack was sent, data came in.
_SILENCES = struct.Struct("=44xIII")


@dataclass(frozen=True, slots=True)
class Silence:
    """Seconds for which nothing has been sent and nothing has come in."""

    out: float
    come_in: float


def stop_reading(address: str, port: str, is_too_slow: Callable[[Silence], bool]) -> int:
    """End the reading half of connections from ``address`` to our ``port``; tells how many.

    Only Linux tells what is needed; elsewhere nothing happens.
    """
    stopped = 0
    for name in _open_files():
        with suppress(OSError), _as_socket(int(name)) as connection:
            if not _is_between(connection, address, port):
                continue
            if is_too_slow(_silence(connection)):
                connection.shutdown(socket.SHUT_RD)
                stopped += 1
    return stopped


def _open_files() -> list[str]:
    return os.listdir(_OPEN_FILES) if hasattr(socket, "TCP_INFO") and _OPEN_FILES.exists() else []


def _as_socket(number: int) -> socket.socket:
    """A second handle on the open file; closing it leaves the first. Raises OSError."""
    copy = os.dup(number)
    try:
        return socket.socket(fileno=copy)
    except OSError:
        os.close(copy)
        raise


def _is_between(connection: socket.socket, address: str, port: str) -> bool:
    if connection.family not in (socket.AF_INET, socket.AF_INET6):
        return False
    peer, own = connection.getpeername(), connection.getsockname()
    return str(own[1]) == port and _plain(peer[0]) == _plain(address)


def _plain(address: str) -> str:
    found = ip_address(address.partition("%")[0])
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return str(mapped or found)


def _silence(connection: socket.socket) -> Silence:
    info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _SILENCES.size)
    sent, _, received = _SILENCES.unpack(info)
    return Silence(sent / 1000, received / 1000)
