"""How errors leave the house: problem details (RFC 9457) for the API, a page for people."""

import contextlib
import logging
import secrets
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Flask, Response, g, render_template, request
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from werkzeug.exceptions import HTTPException

from kirana.platform.access import GUEST
from kirana.platform.errors import (
    NotFound,
    SecondFactorNeeded,
    ShopError,
    TooMany,
    Unauthorized,
    Unavailable,
)
from kirana.platform.http import current_actor
from kirana.platform.pages import RETURN_FIELD, go_to, note
from kirana.platform.plain import FAILURE, REQUEST_ID, is_api_path, problem

logger = logging.getLogger("kirana.http")
SIGN_IN = "/sign-in"
# About what a database needs to come back after a crash.
RETRY_SECONDS = "2"
SIGNED_OUT = "This device was signed out in the meantime. Sign in to go on."
SET_UP_FACTOR = "/account/security"


def install(app: Flask) -> None:
    """One handler for every error, a request id for each request."""
    app.before_request(_begin)
    app.register_error_handler(ShopError, _shop_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)


def request_id() -> str:
    """The one that the edge gave; a test may come without."""
    environ = request.environ
    if REQUEST_ID not in environ:
        environ[REQUEST_ID] = secrets.token_hex(8)
    return str(environ[REQUEST_ID])


def is_api() -> bool:
    return is_api_path(request.path)


def _begin() -> None:
    asked = request._get_current_object()  # type: ignore[attr-defined]
    if failure := asked.environ.get(FAILURE):
        raise failure
    if "\x00" in asked.path:  # PostgreSQL has no text with NUL, so nothing is called that
        raise NotFound


def _shop_error(error: ShopError) -> Response:
    if isinstance(error, Unauthorized) and _is_page_view():
        back = request.full_path.rstrip("?")
        if g.get("is_signed_out"):
            note(SIGNED_OUT, "warning")
        return go_to(f"{SIGN_IN}?{urlencode({RETURN_FIELD: back})}")
    if isinstance(error, SecondFactorNeeded) and _is_page_view():
        return go_to(SET_UP_FACTOR)
    response = _answer(error.status, error.code, error.detail, error.details)
    wait = error.retry_after if isinstance(error, TooMany) else error.details.get("retry_after")
    if wait is None and isinstance(error, Unavailable):
        wait = RETRY_SECONDS
    if wait is not None:
        response.headers["Retry-After"] = str(wait)
    if isinstance(error, Unauthorized):
        response.headers["WWW-Authenticate"] = 'Bearer realm="kirana"'
    return response


def _is_page_view() -> bool:
    """Somebody opens a page: they are led to the sign-in and back, not told a number."""
    is_script = "X-Fragment" in request.headers or "Authorization" in request.headers
    return request.method in ("GET", "HEAD") and not is_api() and not is_script


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    if error.response is not None or status < 400:
        redirect: Any = error.get_response()
        return Response(redirect.get_data(), status, headers=list(redirect.headers))
    code = HTTPStatus(status).phrase.lower().replace(" ", "_").replace("-", "_")
    response = _answer(status, code, _plain(status), {})
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def _unexpected(error: Exception) -> Response:
    route = request.url_rule or "no route"  # a path can hold the token of a mailed link
    logger.exception("request %s failed: %s %s", request_id(), request.method, route)
    if isinstance(error, OperationalError | InterfaceError) or _is_cut_off(error):
        # The page must not ask the database who is looking at it.
        g.setdefault("actor", GUEST)
        return _shop_error(Unavailable("The database is away. Please try again."))
    return _answer(500, "internal_error", "Something went wrong on our side.", {})


def _is_cut_off(error: Exception) -> bool:
    return isinstance(error, DBAPIError) and error.connection_invalidated


def _plain(status: int) -> str:
    return {
        404: "There is no such thing here.",
        405: "That method is not possible here.",
        413: "That is too large.",
    }.get(status, HTTPStatus(status).description or HTTPStatus(status).phrase)


def _answer(status: int, code: str, detail: str, details: dict[str, Any]) -> Response:
    if not is_api() and not request.headers.get("X-Fragment"):
        return _page(status, code, detail)
    body = problem(status, code, detail, request_id(), details)
    return Response(body, status, content_type="application/problem+json")


def _page(status: int, code: str, detail: str) -> Response:
    error: dict[str, Any] = {"status": status, "code": code, "detail": detail}
    error["request_id"] = request_id()
    with contextlib.suppress(ShopError):
        current_actor()  # if its token is refused only now, the page is a visitor's
    title = HTTPStatus(status).phrase
    if status == Unauthorized.status and g.get("is_signed_out"):
        title, error["detail"] = "You were signed out", f"{SIGNED_OUT} Nothing was saved."
    came_from = urlsplit(request.referrer or "")
    context = {RETURN_FIELD: came_from.path if came_from.netloc == request.host else "/"}
    page = render_template("errors/error.html", title=title, back_url=None, **error, **context)
    return Response(page, status, content_type="text/html; charset=utf-8")
