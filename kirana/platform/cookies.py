"""The shop's cookies: who is signed in or halfway, whose basket, a mailed link, a typed address.

On https they are ``__Host-`` and Secure; on http (development) they have plain names. All are
HttpOnly and SameSite=Lax. What is kept or dropped during a request leaves with its answer, which
is then never stored by a cache.
"""

from flask import Flask, Request, Response, current_app, g, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin

ACCESS_COOKIE = "access"
REFRESH_COOKIE = "refresh"
GUEST_COOKIE = "basket"
LINK_COOKIE = "link"
# Between the two steps of signing in.
PROOF_COOKIE = "proof"
# What was typed at the checkout; says nothing about who is calling.
DRAFT_COOKIE = "draft"
OURS = (ACCESS_COOKIE, REFRESH_COOKIE, GUEST_COOKIE, LINK_COOKIE, PROOF_COOKIE)


class NotesCookie(SecureCookieSessionInterface):
    """Flask's session, which holds nothing but notes for the next page; seldom is there one."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if self.get_cookie_name(app) not in request.environ.get("HTTP_COOKIE", ""):
            return self.session_class()  # no keys are derived for nothing
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if session.accessed or session.modified:
            super().save_session(app, session, response)


def install(app: Flask) -> None:
    app.session_interface = NotesCookie()
    app.after_request(_write)


def read(name: str) -> str:
    """What the browser sent, or what this request has kept since; empty for nothing."""
    changes: dict[str, tuple[str, int]] = g.get("cookie_changes", {})
    if name in changes:
        return changes[name][0]
    return request.cookies.get(_full(name), "")


def keep(name: str, value: str, seconds: int) -> None:
    """Have the browser send ``value`` with each request for ``seconds``."""
    g.setdefault("cookie_changes", {})[name] = (value, seconds)


def drop(name: str) -> None:
    """Have the browser forget the cookie."""
    g.setdefault("cookie_changes", {})[name] = ("", 0)


def any_sent() -> bool:
    """True if the request carries a cookie that says who is calling."""
    return any(_full(name) in request.cookies for name in OURS)


def _full(name: str) -> str:
    return f"__Host-{name}" if _is_secure() else name


def _is_secure() -> bool:
    secure: bool = current_app.config["SETTINGS"].secure_cookies
    return secure


def _write(response: Response) -> Response:
    changes = g.get("cookie_changes", {})
    for name, (value, seconds) in changes.items():
        response.set_cookie(
            _full(name), value, max_age=seconds, path="/",
            secure=_is_secure(), httponly=True, samesite="Lax",
        )  # fmt: skip
    if changes:
        response.headers["Cache-Control"] = "no-store"
    return response
