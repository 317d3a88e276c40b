"""HTML pages: rendering, forms that keep what was typed, notes for the next page."""

import functools
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

from flask import Response, current_app, flash, make_response, render_template, request, url_for
from werkzeug.utils import redirect

from kirana.platform.errors import Invalid
from kirana.platform.http import current_actor
from kirana.platform.inputs import read_form
from kirana.platform.shop_settings import settings

T = TypeVar("T")
CSRF_FIELD = "csrf_token"
RETURN_FIELD = "return_to"
KEY_FIELD = "idempotency_key"
# Addresses, by what is made of them; nobody writes longer ones but to fill the memory.
LONGEST_REMEMBERED = 512


@dataclass(frozen=True, slots=True)
class Undo:
    """A form that takes back what was done to ``what``."""

    what: str
    action: str
    fields: dict[str, str]


@dataclass(slots=True)
class Form:
    """What a form template needs to be shown again: texts typed and errors by field.

    ``chosen`` has every value of a field, for lists of boxes.
    """

    values: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    chosen: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def posted(cls, error: Invalid) -> "Form":
        """The posted texts (no secrets) with ``error``'s messages by field name."""
        texts = {k: v for k, v in request.form.items() if "password" not in k and k != CSRF_FIELD}
        named = {item["pointer"].strip("/"): item["detail"] for item in error.errors}
        chosen = {name: request.form.getlist(name) for name in texts}
        return cls(texts, named or {"": error.detail}, chosen)


class Late:
    """What a part of a page shows: looked up when it is rendered, and not where it was kept."""

    def __init__(self, look: Callable[[], dict[str, Any]]) -> None:
        self._look = look

    @functools.cached_property
    def values(self) -> dict[str, Any]:
        return self._look()


def render(template: str, status: int = 200, **context: Any) -> Response:
    """A full page (or a fragment template) as an answer."""
    return make_response(render_template(template, **context), status)


def render_for_all(template: str, key: Any, frame: Any = None, **context: Any) -> Response:
    """A full page that was made once for ``key``, and filled in with what is the visitor's.

    Nothing else in it may depend on who asks; ``key`` names all that it depends on, and ``frame``
    what its frame does, where that is the same for many.
    """
    current_actor()  # a token that is not good is refused first
    environment: Any = current_app.jinja_env

    def hollow() -> str:
        return render_template("layouts/hollow.html", **context)

    def page() -> str:
        if frame is None:
            return render_template(template, **context)
        inside = render_template(template, **context, frame="layouts/inside.html")
        return str(environment.framed(frame, hollow, inside))

    return make_response(environment.page_for_all(template, key, page))


def wants_fragment(name: str) -> bool:
    """True when a script of ours asks for just this part of the page."""
    return request.headers.get("X-Fragment") == name


def posted(schema: type[T]) -> T:
    """The posted form as ``schema``. Raises Invalid with a pointer per field."""
    return read_form(request, schema, CSRF_FIELD, RETURN_FIELD, KEY_FIELD)


def see_other(endpoint: str, **values: Any) -> Response:
    """303 to a page of ours."""
    return go_to(url_for(endpoint, **values))


def go_to(location: str) -> Response:
    """303 to an address of ours, also one that another slice owns."""
    return make_response(redirect(location, 303))


def back(default: str) -> Response:
    """303 to the form's ``return_to`` if that is a path of ours, else to ``default``."""
    return go_to(local_path(request.form.get(RETURN_FIELD)) or default)


def local_path(path: str | None) -> str | None:
    """``path`` if it is a plain path on this host, else None."""
    is_local = bool(path) and path[0] == "/" and path[1:2] not in ("/", "\\")  # type: ignore[index]
    return path if is_local and path is not None and path.isprintable() else None


def note(text: str, tone: str = "info", undo: Undo | None = None) -> None:
    """Show ``text`` once, on the next page. Tones: info, success, warning, error, lasting.

    A lasting one stays until it is closed.
    """
    message: Any = {"text": text, "undo": asdict(undo) if undo else None}
    flash(message, tone)


def csrf_token() -> str:
    """The session-bound token of a signed-in person's forms; empty for a guest."""
    session_id = current_actor().session_id
    return "" if session_id is None else _csrf_token(settings().secrets[0], session_id)


def csrf_tokens() -> list[str]:
    """The tokens by which such a form is known: by the secret in use, and by the previous one."""
    session_id = current_actor().session_id
    if session_id is None:
        return []
    return [_csrf_token(each, session_id) for each in settings().secrets]


@functools.lru_cache(maxsize=1024)
def _csrf_token(secret: str, session_id: int) -> str:
    """Made once for the pages that somebody looks at one after another."""
    return hmac.new(secret.encode(), f"csrf:{session_id}".encode(), hashlib.sha256).hexdigest()
