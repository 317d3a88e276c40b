"""Requests that another site makes a visitor's browser send are refused.

A bearer header exempts: no site can add it to another's request. Otherwise an unsafe request from
a foreign origin is refused always, and one that carries our cookies must show that it is ours: by
Origin, by Sec-Fetch-Site, or by the session-bound token of a signed-in person's page.
"""

import hmac
from urllib.parse import urlsplit

from flask import Flask, current_app, request

from kirana.platform import cookies
from kirana.platform.errors import Forbidden
from kirana.platform.http import SAFE_METHODS
from kirana.platform.pages import CSRF_FIELD, csrf_tokens

CSRF_HEADER = "X-CSRF-Token"
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class CsrfFailed(Forbidden):
    code = "csrf_failed"
    message = "This request did not come from a page of this shop. Load the page again."


def install(app: Flask) -> None:
    app.before_request(check)


def check() -> None:
    """Raise CsrfFailed for an unsafe request that may be somebody else's doing."""
    if request.method in SAFE_METHODS or has_bearer():
        return
    if _is_foreign():
        raise CsrfFailed
    if cookies.any_sent() and not (_is_own() or _has_token()):
        raise CsrfFailed


def has_bearer() -> bool:
    """True if the request says itself who is calling; its cookies are then ignored."""
    return str(request.environ.get("HTTP_AUTHORIZATION", ""))[:7].lower() == "bearer "


def _is_foreign() -> bool:
    origin, site = _origin_and_site()
    if site == "cross-site":
        return True
    # A page without a referrer sends "null" to its own host as well; the browser's word counts.
    is_unnamed_own = origin == "null" and site == "same-origin"
    return origin is not None and origin not in _own_origins() and not is_unnamed_own


def _is_own() -> bool:
    origin, site = _origin_and_site()
    return site == "same-origin" or origin in _own_origins()


def _origin_and_site() -> tuple[str | None, str | None]:
    return request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")


def _own_origins() -> tuple[str, str]:
    public = urlsplit(current_app.config["SETTINGS"].public_url)
    return f"{public.scheme}://{public.netloc}", f"{request.scheme}://{request.host}"


def _has_token() -> bool:
    given = request.headers.get(CSRF_HEADER, "")
    if not given and request.mimetype in FORMS:
        given = request.form.get(CSRF_FIELD, "")
    return any(hmac.compare_digest(known.encode(), given.encode()) for known in csrf_tokens())
