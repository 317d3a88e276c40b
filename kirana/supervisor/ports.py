"""Which ports the shop's processes listen on, when the usual ones are taken."""

import errno
import socket
from dataclasses import replace
from typing import Any, cast

from kirana.platform.config import Settings, SettingsError

LOOPBACK = "127.0.0.1"
TRIES = 100


def refusal(host: str, port: int) -> str:
    """Why nothing can listen there, or an empty text."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen(1)
        except OverflowError:
            return f"port {port} does not exist"
        except OSError as error:
            return _reason(error, host, port)
    return ""


def _reason(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is in use"
    if error.errno == errno.EACCES:
        return f"port {port} may not be used by this user"
    return f"{host} port {port} cannot be used: {error.strerror or error}"


def require_web_port(settings: Settings) -> None:
    """Raise SettingsError with one sentence unless the web server can listen."""
    reason = refusal(settings.host, settings.port)
    if reason:
        raise SettingsError(f"{reason[0].upper()}{reason[1:]}; set KIRANA_PORT to a free one.")


def choose_ports(settings: Settings, web_is_fixed: bool) -> tuple[Settings, list[str]]:
    """The settings with ports that are free, and a sentence on each that had to be another.

    Raises SettingsError when the web port is fixed and taken.
    """
    wanted = [("port", "the shop is")]
    if not settings.smtp_url:
        wanted += [("smtp_port", "the mailbox takes mail"), ("mailbox_port", "the mailbox page is")]
    if not settings.redis_url:
        wanted += [("redis_port", "Valkey is")]
    if web_is_fixed:
        require_web_port(settings)
    chosen: dict[str, int] = {}
    notes = []
    for name, who in wanted:
        port: int = getattr(settings, name)
        host = settings.host if name == "port" else LOOPBACK
        chosen[name] = _free_port(host, port, set(chosen.values()))
        if chosen[name] != port:
            notes.append(f"Port {port} is in use: {who} on {chosen[name]}.")
    return replace(settings, **cast(dict[str, Any], chosen)), notes


def _free_port(host: str, wanted: int, taken: set[int]) -> int:
    for port in range(wanted, min(wanted + TRIES, 65536)):
        if port not in taken and not refusal(host, port):
            return port
    raise SettingsError(f"{refusal(host, wanted) or 'no port is free'} and so are those after it.")
