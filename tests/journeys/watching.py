"""What a browser notices on its way: errors, other hosts, the weight of a page."""

import gzip
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Page, Response

Weights = dict[str, int]
KINDS = {"stylesheet": "css", "script": "js"}
LOCAL = ("localhost", "127.0.0.1")


class Watch:
    """Listens to a page from its first request on.

    ``faults`` are console errors (refusals by the content security policy among them), uncaught
    errors, failed loads and requests to other hosts; ``weigh`` tells what the files of the page
    weigh that was opened after ``begin_page``.
    """

    def __init__(self, page: Page, expected: Iterable[str] = ()) -> None:
        self.faults: list[str] = []
        self._expected = tuple(expected)
        self._responses: list[Response] = []
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self._note(f"uncaught: {error}"))
        page.on("request", lambda request: self._on_address(request.url))
        page.on("response", lambda response: self._responses.append(response))

    def begin_page(self) -> None:
        self._responses.clear()

    def weigh(self) -> Weights:
        """Compressed bytes of style sheets and scripts."""
        weights: Weights = dict.fromkeys(KINDS.values(), 0)
        for response in self._responses:
            kind = KINDS.get(response.request.resource_type)
            if kind:
                weights[kind] += len(gzip.compress(response.body(), 6))
        return weights

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._note(f"{message.type}: {message.text} at {message.location.get('url', '')}")

    def _on_address(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https", "ws") and parts.hostname not in LOCAL:
            self._note(f"asked another host: {url}")

    def _note(self, text: str) -> None:
        if not any(word in text for word in self._expected):
            self.faults.append(text)


def stays(page: Page, act: Callable[[], object]) -> None:
    """Fail if ``act`` loads another document: the change was to happen in place."""
    page.evaluate("window.sameDocument = true")
    act()
    assert page.evaluate("window.sameDocument === true"), "the page was loaded anew"
