"""Which address answers what."""

import json
import re
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

from kirana.mailbox import mime, pages
from kirana.mailbox.store import Entry, Store
from kirana.mailbox.web import Answer, Request, plain, redirect

PAGE_SIZE = 50
MOST_ITEMS = 1000
STYLE = Path(__file__).with_name("style.css")
# The frame may open links in a new tab, and nothing else: no script, no form, no foreign picture.
MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src data:; "
    "style-src 'unsafe-inline'; font-src data:; base-uri 'self'; frame-ancestors 'self'"
)
NOTHING = plain(404, "There is no such message.")

Route = Callable[..., Answer]


class Routes:
    """The mailbox's pages and MailHog's API over one store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        name = r"(?P<name>[0-9a-f]+)"
        part = r"(?P<path>[0-9.]+)"
        table: list[tuple[str, str, Route]] = [
            ("GET", "/", self._list),
            ("GET", "/style.css", self._style),
            ("GET", f"/messages/{name}", self._message),
            ("GET", f"/messages/{name}/html", self._html),
            ("POST", f"/messages/{name}/delete", self._delete_by_form),
            ("POST", "/delete-all", self._clear_by_form),
            ("GET", "/api/v2/messages", self._page_of_all),
            ("GET", "/api/v2/search", self._search),
            ("GET", "/api/v1/messages", self._all),
            ("DELETE", "/api/v1/messages", self._clear),
            ("GET", f"/api/v1/messages/{name}", self._one),
            ("DELETE", f"/api/v1/messages/{name}", self._delete),
            ("GET", f"/api/v1/messages/{name}/download", self._download),
            ("GET", f"/api/v1/messages/{name}/mime/part/{part}/download", self._download_part),
        ]
        self._table = [(method, re.compile(path), route) for method, path, route in table]

    def __call__(self, request: Request) -> Answer:
        wanted = "GET" if request.method == "HEAD" else request.method
        known = False
        for method, pattern, route in self._table:
            match = pattern.fullmatch(request.path)
            known = known or match is not None
            if match and method == wanted:
                return route(request, **match.groupdict())
        return plain(405, "Not that way.") if known else plain(404, "There is no such page.")

    # ---- the page

    def _list(self, request: Request) -> Answer:
        words = request.query.get("query", "").strip()
        entries = list(self._matching("containing", words) if words else self._store.newest())
        start = _number(request, "start", 0)
        shown = entries[start : start + PAGE_SIZE]
        return _page(pages.listing(shown, pages.Listing(len(entries), start, PAGE_SIZE, words)))

    def _style(self, _: Request) -> Answer:
        return Answer(STYLE.read_bytes(), "text/css; charset=utf-8")

    def _message(self, request: Request, name: str) -> Answer:
        entry = self._store.find(name)
        if entry is None:
            return NOTHING
        raw = self._store.raw(entry)
        return _page(pages.message(entry, raw, request.query.get("view", "")))

    def _html(self, _: Request, name: str) -> Answer:
        entry = self._store.find(name)
        if entry is None:
            return NOTHING
        text = mime.html_with_pictures(mime.parse(self._store.raw(entry)))
        body = f'<!doctype html><base target="_blank">{text}'.encode("utf-8", "replace")
        return Answer(body, headers={"Content-Security-Policy": MAIL_POLICY})

    def _delete_by_form(self, _: Request, name: str) -> Answer:
        self._store.delete(name)
        return redirect("/")

    def _clear_by_form(self, _: Request) -> Answer:
        self._store.clear()
        return redirect("/")

    # ---- MailHog's API

    def _page_of_all(self, request: Request) -> Answer:
        return self._slice(request, list(self._store.newest()))

    def _search(self, request: Request) -> Answer:
        kind = request.query.get("kind", "")
        if kind not in ("from", "to", "containing"):
            return plain(400, "kind is from, to or containing.")
        return self._slice(request, list(self._matching(kind, request.query.get("query", ""))))

    def _all(self, _: Request) -> Answer:
        return _json([self._as_json(entry) for entry in self._store.newest()])

    def _one(self, _: Request, name: str) -> Answer:
        entry = self._store.find(name)
        return _json(self._as_json(entry)) if entry else NOTHING

    def _clear(self, _: Request) -> Answer:
        self._store.clear()
        return _json(None)

    def _delete(self, _: Request, name: str) -> Answer:
        return _json(None) if self._store.delete(name) else NOTHING

    def _download(self, _: Request, name: str) -> Answer:
        entry = self._store.find(name)
        if entry is None:
            return NOTHING
        return _attachment(self._store.raw(entry), "message/rfc822", f"{name}.eml")

    def _download_part(self, _: Request, name: str, path: str) -> Answer:
        entry = self._store.find(name)
        part = mime.find_part(mime.parse(self._store.raw(entry)), path) if entry else None
        if part is None:
            return NOTHING
        return _attachment(part.content, part.content_type, part.file_name or f"{name}-{path}")

    def _slice(self, request: Request, entries: list[Entry]) -> Answer:
        start = _number(request, "start", 0)
        limit = min(_number(request, "limit", PAGE_SIZE), MOST_ITEMS)
        items = [self._as_json(entry) for entry in islice(entries, start, start + limit)]
        counts = {"total": len(entries), "count": len(items), "start": start}
        return _json({**counts, "items": items})

    def _as_json(self, entry: Entry) -> dict[str, Any]:
        return mime.as_mailhog(entry, self._store.raw(entry))

    def _matching(self, kind: str, words: str) -> Iterator[Entry]:
        wanted = words.casefold()
        for entry in self._store.newest():
            if kind == "containing":
                found = wanted in mime.readable(entry, self._store.raw(entry)).casefold()
            else:
                people = entry.envelope.recipients if kind == "to" else (entry.envelope.sender,)
                found = any(wanted in person.casefold() for person in people)
            if found:
                yield entry


def _number(request: Request, name: str, default: int) -> int:
    text = request.query.get(name, "")
    return min(int(text), 1 << 31) if text.isdecimal() and len(text) < 12 else default


def _page(text: str) -> Answer:
    return Answer(text.encode("utf-8", "replace"))


def _json(value: object) -> Answer:
    return Answer(json.dumps(value).encode(), "application/json")


def _attachment(content: bytes, content_type: str, name: str) -> Answer:
    """Always a download, never shown, whatever it claims to be."""
    ascii_name = re.sub(r"[^A-Za-z0-9._-]", "_", name)
    disposition = f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name, safe='')}"
    safe_type = content_type if re.fullmatch(r"[\w.+-]+/[\w.+-]+", content_type) else ""
    return Answer(
        content,
        safe_type or "application/octet-stream",
        headers={"Content-Disposition": disposition, "Content-Security-Policy": "sandbox"},
    )
