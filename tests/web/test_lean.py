"""What our own Flask leaves out, beside the library's."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, Response, redirect
from werkzeug.test import EnvironBuilder

from kirana.platform.lean import LeanFlask

ANSWERS: dict[str, Callable[[], Any]] = {
    "whole": lambda: Response(b"{}", content_type="application/json"),
    "text": lambda: "<p>ü</p>",
    "empty": lambda: Response(b"", 204),
    "known": lambda: Response(b"gone", 304, {"ETag": '"1"'}),
    "moved": lambda: redirect("/élan", 303),
    "made": lambda: Response(b"{}", 201, {"Location": "/ü"}),
    "parts": lambda: Response(part for part in (b"a", b"b")),
    "texts": lambda: Response(["a", "ü"]),
    "refused": lambda: ("no", 403),
}
HOSTS = (
    "localhost",
    "Shop.Example:8000",
    "shop.example:80",
    "[::1]:8000",
    "bücher.example",
    "a..b",
)


def make(kind: type[Flask]) -> Flask:
    app = kind("tried")
    for name, answer in ANSWERS.items():
        app.add_url_rule(f"/{name}", name, answer, methods=["GET", "POST"])
    return app


LEAN, FULL = make(LeanFlask), make(Flask)


def answer_of(app: Flask, **asked: Any) -> tuple[str, list[tuple[str, str]], bytes]:
    begun: list[Any] = []
    sent: Any = app(EnvironBuilder(**asked).get_environ(), lambda *told: begun.extend(told))
    body = b"".join(sent)
    if hasattr(sent, "close"):
        sent.close()
    return begun[0], sorted(begun[1]), body


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_leaves_as_the_librarys_does(name: str, method: str) -> None:
    asked = {"path": f"/{name}", "method": method}
    assert answer_of(LEAN, **asked) == answer_of(FULL, **asked)


def test_what_waits_for_the_end_of_an_answer_is_done() -> None:
    app, done = LeanFlask("tried"), []

    @app.get("/")
    def view() -> Response:
        response = Response(b"x")
        response.call_on_close(lambda: done.append(1))
        return response

    assert answer_of(app, path="/")[2] == b"x"
    assert done == [1]


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("host", HOSTS)
def test_a_host_asked_again_is_what_the_library_takes_it_for(host: str, scheme: str) -> None:
    told = []
    for app in (FULL, LEAN, LEAN):
        environ = EnvironBuilder("/a//b", query_string="q=%C3%BC&x", method="POST").get_environ()
        environ |= {"HTTP_HOST": host, "wsgi.url_scheme": scheme, "SCRIPT_NAME": "/shop"}
        context = app.request_context(environ)
        seen = vars(context.url_adapter) if context.url_adapter else {}
        refused = type(context.request.routing_exception)
        told.append((refused, context.request.host, {**seen, "map": None}))
    assert told[0] == told[1] == told[2]


def test_an_upgrade_is_answered_alike_first_and_last() -> None:
    app = make(LeanFlask)
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket"}
    asked = [upgrade, {}, upgrade]
    given = [[answer_of(x, path="/text", headers=each)[0] for each in asked] for x in (app, FULL)]
    assert given[0] == given[1] == ["400 BAD REQUEST", "200 OK", "400 BAD REQUEST"]


def test_no_more_than_so_many_hosts_are_remembered() -> None:
    app = make(LeanFlask)
    for port in range(1000, 1100):
        assert answer_of(app, path="/text", base_url=f"http://localhost:{port}")[0] == "200 OK"
    assert len(app._hosts) == 64
