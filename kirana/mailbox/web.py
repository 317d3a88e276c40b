"""As much of HTTP/1.1 as a mailbox needs: one request per connection, small bodies."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

MOST_HEAD_BYTES = 32 << 10
MOST_BODY_BYTES = 32 << 10
READ_SECONDS = 10
WRITE_SECONDS = 60
LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")
REASONS = {200: "OK", 303: "See Other", 400: "Bad Request", 403: "Forbidden", 404: "Not Found",
           405: "Method Not Allowed", 500: "Internal Server Error"}  # fmt: skip
POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "img-src 'self' data:",
        "frame-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
SAFE_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}

log = logging.getLogger("kirana.mailbox")


class BadRequest(Exception):
    """Not a request that can be understood."""


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]  # names in lower case

    @property
    def changes(self) -> bool:
        return self.method not in ("GET", "HEAD")


@dataclass(frozen=True)
class Answer:
    body: bytes = b""
    content_type: str = "text/html; charset=utf-8"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def redirect(path: str) -> Answer:
    return Answer(status=303, headers={"Location": path})


def plain(status: int, text: str) -> Answer:
    return Answer(f"{text}\n".encode(), "text/plain; charset=utf-8", status)


Handler = Callable[[Request], Answer]


async def listen(handler: Handler, host: str, port: int) -> asyncio.Server:
    """Start answering requests from this machine."""

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await asyncio.wait_for(_read(reader), READ_SECONDS)
            answer = _refusal(request) or _answer(handler, request)
            writer.write(_encode(answer, request.method))
            await asyncio.wait_for(writer.drain(), WRITE_SECONDS)
        except BadRequest as error:
            writer.write(_encode(plain(400, str(error)), "GET"))
        except (OSError, EOFError, TimeoutError, asyncio.LimitOverrunError):
            pass  # the other side is gone, or is no browser
        finally:
            writer.close()

    return await asyncio.start_server(converse, host, port, limit=MOST_HEAD_BYTES)


async def _read(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip("\r\n").split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise BadRequest("This is not HTTP/1.")
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(":") for line in lines)
    }
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > MOST_BODY_BYTES:
        raise BadRequest("The body is too large.")
    await reader.readexactly(int(length))  # no request here says anything in its body
    address = urlsplit(words[1])
    query = {name: values[-1] for name, values in parse_qs(address.query).items()}
    return Request(words[0], unquote(address.path), query, headers)


def _refusal(request: Request) -> Answer | None:
    """Names other than this machine's (DNS rebinding) and changes asked by foreign pages."""
    host = request.headers.get("host", "")
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    if name.lower() not in LOCAL_NAMES:
        return plain(403, "The mailbox answers to localhost only.")
    origin = request.headers.get("origin", f"http://{host}")
    foreign = origin != f"http://{host}" or (
        request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin")
    )
    if request.changes and foreign:
        return plain(403, "Another page may not change the mailbox.")
    return None


def _answer(handler: Handler, request: Request) -> Answer:
    try:
        return handler(request)
    except Exception:  # a message that nobody could foresee must not end the mailbox
        log.exception("%s %s", request.method, request.path)
        return plain(500, "This message cannot be shown; the mailbox's log says why.")


def _encode(answer: Answer, method: str) -> bytes:
    headers = {
        "Content-Type": answer.content_type,
        "Content-Length": str(len(answer.body)),
        "Connection": "close",
        **SAFE_HEADERS,
        **answer.headers,
    }
    lines = [f"HTTP/1.1 {answer.status} {REASONS[answer.status]}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    head = "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n"
    return head if method == "HEAD" else head + answer.body
