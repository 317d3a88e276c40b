"""Catalogue pages for visitors without a basket, and lists for everybody, without entering Flask.

A view says that its answer may be kept. A page is for who brings nothing that says who they are;
JSON is the same for everybody, and made here. What Flask or the view then sees of the request is
what the key has of it, so that the answer cannot depend on more.
The rules: docs/decisions, "What the edge keeps" and "What the edge makes".
"""

import hashlib
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from kirana.edge.addresses import TEXTS, plain_query, without_port
from kirana.edge.bodies import Environ
from kirana.edge.declared import KEEP, Kind, Rule, rules_of
from kirana.edge.encodings import LEAST, best_of, compressed, is_textual
from kirana.edge.front import Application
from kirana.edge.reads import Reads
from kirana.platform import clock, freshness
from kirana.platform.cookies import OURS
from kirana.platform.meters import Meters
from kirana.platform.plain import REQUEST_ID, is_api_path
from kirana.platform.probes import reached
from kirana.platform.shelves import NearShelf

Headers = list[tuple[str, str]]
Key = tuple[Any, ...]
CATALOGUE_SECONDS = 60
FIXED_SECONDS = 24 * 3600
_THEMES = ("theme=light", "theme=dark")
_FRAGMENTS = ("", "list")
# Of the answer that is kept; each further answer has its own.
_OF_ONE_ANSWER = ("content-length", "x-request-id", "x-cache", "date", "last-modified")
_OF_A_BODY = ("content-type", "content-length", "content-encoding")


@dataclass(slots=True, eq=False)
class Kept:
    """An answer; its compressed forms are made when they are first asked for."""

    headers: Headers
    tag: str
    body: bytes
    is_fixed: bool
    shrinks: bool
    made_at: float
    forms: dict[str, tuple[Headers, bytes]] = field(default_factory=dict)

    def form(self, accepted: str) -> tuple[Headers, bytes]:
        """Headers and body for a client that takes these encodings."""
        encoding = best_of(accepted) if self.shrinks else ""
        found = self.forms.get(encoding)
        if found is None:
            body = compressed(self.body, encoding, self.is_fixed) if encoding else self.body
            headers = [*self.headers, ("Content-Length", str(len(body)))]
            if encoding:
                headers.append(("Content-Encoding", encoding))
            found = self.forms[encoding] = headers, body
        return found

    def is_known_to(self, environ: Environ) -> bool:
        """Whether the client has it, by If-None-Match."""
        known = environ.get("HTTP_IF_NONE_MATCH")
        if not known:
            return False
        bare = self.tag.removeprefix("W/")
        return any(tag.strip().removeprefix("W/") in (bare, "*") for tag in known.split(","))


class EdgeCache:
    """A WSGI application around Flask's. Its answers lie on the shelf that the cache inside has."""

    def __init__(self, app: Flask, shelf: Callable[[], NearShelf], meters: Meters) -> None:
        self._application: Application = app.wsgi_app
        self._shelf, self._meters = shelf, meters
        names = {*OURS, app.config["SESSION_COOKIE_NAME"]}
        self._known_by = names | {f"__Host-{name}" for name in names}
        self._exact, self._below = rules_of(app)
        self._reads = Reads(app)

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        rule = self._exact.get(path) or self._rule_below(path)
        key = self._key(rule, path, environ) if rule else None
        if rule is None or key is None:
            return self._application(environ, start_response)
        found: Kept | None = self._shelf().get(key)
        if found is None:
            if rule.kind != "fixed":  # else a page's files would hide how its lists do
                self._meters.count("edge_misses")
            reached("edge_asks")
            made = self._make(rule, path, key, environ)
            if made is None:
                return self._ask(key, environ, start_response)
            return self._answer(*made, environ, start_response)
        if rule.kind != "fixed":
            self._meters.count("edge_hits")
            self._meters.count("edge_hit_age", time.monotonic() - found.made_at)
        return self._answer(found, "hit", environ, start_response)

    # ---- whose answer may be somebody else's

    def _key(self, rule: Rule, path: str, environ: Environ) -> Key | None:
        """What the answer is filed under; None if it is not for the edge.

        As a side effect the request is brought to the form that the key has of it.
        """
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return None
        if "HTTP_RANGE" in environ or environ.get("CONTENT_LENGTH", "0") not in ("", "0"):
            return None
        if rule.kind == "fixed":
            return None if environ.get("QUERY_STRING") else (rule.kind, path)
        return self._catalogue_key(rule, path, environ)

    def _rule_below(self, path: str) -> Rule | None:
        for stem, rule in self._below.items():
            if path.startswith(stem) and (rule.kind == "fixed" or "/" not in path[len(stem) :]):
                return rule
        return None

    def _catalogue_key(self, rule: Rule, path: str, environ: Environ) -> Key | None:
        fragment = environ.get("HTTP_X_FRAGMENT", "")
        theme = "" if is_api_path(path) else self._theme(environ)
        if theme is None or fragment not in _FRAGMENTS:
            return None
        query = plain_query(rule.names, environ.get("QUERY_STRING", ""))
        if query is None:
            return None
        if query.is_search and rule.limit and not self._reads.may_search(rule.limit, environ):
            return None
        version = _version()
        if version is None:
            return None  # whoever comes next tells it properly
        environ["QUERY_STRING"], environ[TEXTS] = query.text, query.texts
        environ["HTTP_COOKIE"] = theme
        environ.pop("HTTP_AUTHORIZATION", None)
        host = environ["HTTP_HOST"] = without_port(environ.get("HTTP_HOST", "").lower())
        place = (host, environ["wsgi.url_scheme"], path, query.text, theme, fragment)
        return (version, int(clock.utc_now().timestamp()) // 900, *place)

    def _theme(self, environ: Environ) -> str | None:
        """The cookie of the theme, or empty; None if anything says who is calling."""
        cookies = environ.get("HTTP_COOKIE", "")
        if "HTTP_AUTHORIZATION" in environ:
            return None
        if not cookies:
            return ""
        pairs = [pair.strip() for pair in cookies.split(";")]
        if any(pair.partition("=")[0] in self._known_by for pair in pairs):
            return None
        return next((pair for pair in pairs if pair in _THEMES), "")

    # ---- the answer

    def _make(self, rule: Rule, path: str, key: Key, environ: Environ) -> tuple[Kept, str] | None:
        """The view's own answer, kept if it may be, and what ``X-Cache`` says of it."""
        values = rule.values(path) if rule.read else None
        if rule.read is None or values is None:
            return None
        made = self._reads.make(rule.read, values, environ)
        if made is None:
            return None
        answer = _kept(made.headers, made.body, is_fixed=False)
        answer.shrinks = made.may_be_kept and self._store(key, answer) and answer.shrinks
        return answer, made.state

    def _ask(
        self, key: Key, environ: Environ, start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Flask's answer, kept if it may be."""
        told: list[Any] = []
        known = environ.pop("HTTP_IF_NONE_MATCH", None)
        since = environ.pop("HTTP_IF_MODIFIED_SINCE", None)
        method = environ["REQUEST_METHOD"]
        environ["REQUEST_METHOD"] = "GET"  # one answer serves both

        def listen(status: str, headers: Headers, *failure: Any) -> Callable[[bytes], object]:
            told[:] = status, headers, failure
            return told.append

        pieces = self._application(environ, listen)
        try:
            body = b"".join(pieces)
        finally:
            getattr(pieces, "close", lambda: None)()
        status, headers, failure = told[:3]
        environ["REQUEST_METHOD"] = method
        if known is not None:
            environ["HTTP_IF_NONE_MATCH"] = known
        if since is not None:
            environ["HTTP_IF_MODIFIED_SINCE"] = since
        if not _may_be_kept(environ.pop(KEEP, None), status, headers):
            start_response(status, headers, *failure)
            return [b"" if method == "HEAD" else body]
        made = _kept(headers, body, is_fixed=key[0] == "fixed")
        # What is not sent again is not worth compressing.
        made.shrinks = self._store(key, made) and made.shrinks
        state = next((value for name, value in headers if name.lower() == "x-cache"), "miss")
        return self._answer(made, state, environ, start_response)

    def _store(self, key: Key, made: Kept) -> bool:
        """Keep what is current still: what this process knows by now costs no statement."""
        if not made.is_fixed and _version() != key[0]:
            self._meters.count("overtaken")
            return False
        shelf = self._shelf()
        seconds = FIXED_SECONDS if made.is_fixed else CATALOGUE_SECONDS
        # With room for the compressed forms.
        is_kept = shelf.put(key, made, seconds, len(made.body) * 3 // 2)
        shelf.tell(self._meters)
        return is_kept

    def _answer(
        self, found: Kept, state: str, environ: Environ, start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        own = ("X-Request-Id", environ[REQUEST_ID]), ("X-Cache", state)
        if found.is_known_to(environ):
            self._meters.count("edge_not_modified")
            kept = (each for each in found.headers if each[0].lower() not in _OF_A_BODY)
            start_response("304 NOT MODIFIED", [*kept, *own])
            return [b""]
        headers, body = found.form(environ.get("HTTP_ACCEPT_ENCODING", ""))
        start_response("200 OK", [*headers, *own])
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else body]


def _version() -> int | None:
    """The catalogue's version; None while the database is away."""
    try:
        return freshness.current()
    except SQLAlchemyError:
        return None


def _may_be_kept(kind: Kind | None, status: str, headers: Headers) -> bool:
    """The view allows it, and nothing in the answer is for one visitor."""
    names = {name.lower() for name, _ in headers}
    if kind is None or status[:3] != "200" or names & {"set-cookie", "content-encoding"}:
        return False
    return kind == "catalogue" or any("immutable" in value for _, value in headers)


def _kept(headers: Headers, body: bytes, is_fixed: bool) -> Kept:
    given = {name.lower(): value for name, value in headers}
    left_out = (*_OF_ONE_ANSWER, "vary", "etag")
    tag = given.get("etag") or f'W/"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    vary = [given["vary"]] if "vary" in given else []
    if "Accept-Encoding" not in vary:
        vary.append("Accept-Encoding")
    return Kept(
        headers=[
            *(each for each in headers if each[0].lower() not in left_out),
            ("ETag", tag if tag.startswith("W/") else f"W/{tag}"),
            ("Vary", ", ".join(vary)),
        ],
        tag=tag,
        body=body,
        is_fixed=is_fixed,
        shrinks=len(body) >= LEAST and is_textual(given.get("content-type", "")),
        made_at=time.monotonic(),
    )
