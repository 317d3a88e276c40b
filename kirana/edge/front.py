"""What stands in front of Flask, whatever server runs it: sizes, hosts, proxies, bodies.

The order is from cheap to dear; whoever is refused here costs no session, no query, no template.
An answer that needs neither body nor caller may be given by a further step before the gate.
"""

import os
import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from hashlib import blake2b
from http import HTTPStatus
from ipaddress import ip_address
from itertools import count
from typing import Any

from kirana.edge.bodies import BodyGate, Environ
from kirana.platform.errors import BadRequest, ShopError
from kirana.platform.plain import REQUEST_ID, refusal, safe_headers
from kirana.platform.settings import Settings

LONGEST_ADDRESS = 32 * 1024
MOST_HEADERS = 64
LARGEST_HEADERS = 32 * 1024
# Whoever asks these names the machine, not the shop, and they tell nothing of the request.
_FOR_PROBES = ("/healthz", "/readyz")
_HOST = re.compile(r"(\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(?::[0-9]{1,5})?")

Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class AddressTooLong(ShopError):
    status = 414
    code = "uri_too_long"
    message = "The address is too long."


class HeadersTooLarge(ShopError):
    status = 431
    code = "request_header_fields_too_large"
    message = "The request has too many or too long headers."


class UnknownHost(BadRequest):
    code = "unknown_host"
    message = "This shop does not answer to that host name."


REFUSALS = (AddressTooLong, HeadersTooLarge, UnknownHost)


class Edge:
    """A WSGI application around another."""

    def __init__(self, application: Application, settings: Settings) -> None:
        self._application = application
        self._hosts = settings.trusted_hosts
        self._hops = settings.proxy_hops
        self._headers = tuple(safe_headers(settings).items())
        self._gate = BodyGate(settings)

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ[REQUEST_ID] = _new_id()
        try:
            _check_sizes(environ)
            self._check_host(environ)
            peer = environ.get("REMOTE_ADDR", "")
            self._see_through_proxies(environ)
            self._gate.take_in(environ, peer)
        except ShopError as error:
            return self._refuse(error, environ, start_response)
        return self._application(environ, start_response)

    def _check_host(self, environ: Environ) -> None:
        """Raises UnknownHost: links and origins are made from a host that is ours or not at all."""
        if environ.get("PATH_INFO") in _FOR_PROBES:
            return
        named = _HOST.fullmatch(environ.get("HTTP_HOST", "").lower())
        if named is None or named[1] not in self._hosts:
            raise UnknownHost

    def _see_through_proxies(self, environ: Environ) -> None:
        """Take address and scheme from the outermost of our own proxies; from nobody else."""
        if not self._hops:
            return
        if address := _from_the_end(environ.get("HTTP_X_FORWARDED_FOR", ""), self._hops):
            try:
                environ["REMOTE_ADDR"] = str(ip_address(address))
            except ValueError:
                return
        scheme = _from_the_end(environ.get("HTTP_X_FORWARDED_PROTO", ""), self._hops)
        if scheme in ("http", "https"):
            environ["wsgi.url_scheme"] = scheme

    def _refuse(
        self, error: ShopError, environ: Environ, start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        identifier = environ[REQUEST_ID]
        media_type, body = refusal(error, environ.get("PATH_INFO", ""), identifier)
        headers = [
            ("Content-Type", media_type),
            ("Content-Length", str(len(body))),
            ("X-Request-Id", identifier),
            *self._headers,
        ]
        if "retry_after" in error.details:
            headers.append(("Retry-After", str(error.details["retry_after"])))
        start_response(f"{error.status} {HTTPStatus(error.status).phrase}", headers)
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else body]


class SafeAnswers:
    """Around Flask: each answer tells its request id, and what all tell if it says no other."""

    def __init__(self, application: Application, settings: Settings) -> None:
        self._application = application
        self._safe = [(each[0].lower(), each) for each in safe_headers(settings).items()]

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *failure: Any) -> Any:
            given = {name.lower() for name, _ in headers}
            own = [each for name, each in self._safe if name not in given]
            identifier = "X-Request-Id", environ[REQUEST_ID]
            return start_response(status, [*headers, *own, identifier], *failure)

        return self._application(environ, start)


def _new_id() -> str:
    """Tells nobody how many came before. Drawn one by one, a tenth of an answer was drawing."""
    numbers, key = _numbers(os.getpid())
    return blake2b(next(numbers).to_bytes(8, "big"), digest_size=8, key=key).hexdigest()


@lru_cache(maxsize=1)
def _numbers(_process: int) -> tuple[Iterator[int], bytes]:
    """Of this process's requests, and what they are hidden under."""
    return count(), secrets.token_bytes(32)


def _check_sizes(environ: Environ) -> None:
    if len(environ.get("PATH_INFO", "")) + len(environ.get("QUERY_STRING", "")) > LONGEST_ADDRESS:
        raise AddressTooLong
    sizes = [len(name) + len(value) for name, value in environ.items() if name[:5] == "HTTP_"]
    if len(sizes) > MOST_HEADERS or sum(sizes) > LARGEST_HEADERS:
        raise HeadersTooLarge


def _from_the_end(text: str, place: int) -> str:
    """The ``place``-th of comma-separated values counted from the end, or empty."""
    values = [value.strip() for value in text.split(",")]
    return values[-place] if len(values) >= place else ""
