"""What a page shows of its visitor alone, as HTML. All else of a page may be made for everybody."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Protocol, cast
from urllib.parse import urlencode

from flask import current_app, get_flashed_messages, request
from markupsafe import Markup, escape

from kirana.cart.visitors import shown_basket, taken_lines
from kirana.platform.http import current_actor
from kirana.platform.pages import CSRF_FIELD, LONGEST_REMEMBERED, RETURN_FIELD, csrf_token


class Html(Protocol):
    """What a template made, as templates take it."""

    def __html__(self) -> str: ...


_COME_BACK_TO = ("/products", "/categories/", "/search", "/basket")


def person() -> dict[str, Any] | None:
    """Who is signed in; None for a guest."""
    actor = current_actor()
    if not actor.is_signed_in:
        return None
    words = actor.name.split()
    initials = "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()
    return {
        "name": actor.name, "email": actor.email, "role": actor.role, "status": actor.status,
        "has_office": bool(actor.stores) or actor.role in ("manager", "admin"),
        "initials": initials,
    }  # fmt: skip


def stepper_of(slug: str) -> Html | None:
    """The stepper of a product that is in the visitor's basket."""
    line = taken_lines().get(slug)
    return None if line is None else _part("stepper", "stepper", line, line.quantity)


def csrf() -> Markup:
    """The hidden field of a form; nothing for a guest, whose pages are shared."""
    token = csrf_token()
    return _hidden(CSRF_FIELD, token) if token else Markup()


def own_fields() -> Markup:
    """That, and where the form leads back to: its page; from an answer to a POST, the basket."""
    path = request.full_path.strip("?") if request.method in ("GET", "HEAD") else "/basket"
    return csrf() + _remembered(_hidden, path)(RETURN_FIELD, path)


@lru_cache(maxsize=1024)
def _hidden(name: str, value: str) -> Markup:
    return Markup('<input type="hidden" name="{}" value="{}">').format(name, value)


def sign_in_url() -> Markup:
    """The sign-in, and from there back to the page of the shop that one was on."""
    if request.method not in ("GET", "HEAD") or not request.path.startswith(_COME_BACK_TO):
        return escape("/sign-in")
    path = request.full_path.rstrip("?")
    return _remembered(_sign_in_from, path)(path)


def _remembered(make: Any, path: str) -> Callable[..., Markup]:
    """``make``, which remembers what it made; not so of addresses as long as nobody writes them."""
    return cast(
        "Callable[..., Markup]", make if len(path) <= LONGEST_REMEMBERED else make.__wrapped__
    )


@lru_cache(maxsize=1024)
def _sign_in_from(path: str) -> Markup:
    return escape(f"/sign-in?{urlencode({RETURN_FIELD: path})}")


def own_account() -> Html:
    """Who is signed in, or the way in; and the way to the office for who has one."""
    return _part("own", "account", person())


def own_account_item() -> Html:
    """The same in the bar at the bottom."""
    return _part("own", "account_item", current_actor().is_signed_in, request.path == "/account")


def own_notes() -> Markup:
    """What the visitor is told once: not somebody who asks for the head of a page."""
    notes: Any = get_flashed_messages(with_categories=True) if request.method != "HEAD" else []
    if not notes:
        return Markup()
    module: Any = current_app.jinja_env.get_template("components/own.html").module
    return cast(Markup, module.notes([{"tone": tone, **message} for tone, message in notes]))


def own_basket_label() -> Html:
    basket = shown_basket()
    return _part("basket_panel", "basket_label", basket.count, basket.total_minor)


def own_basket_panel() -> Html:
    return _part("basket_panel", "basket_panel", shown_basket(), bool(csrf()))


def _part(component: str, name: str, *values: Any) -> Html:
    environment: Any = current_app.jinja_env
    return cast(Html, environment.part(component, name, *values))


VALUES: tuple[Callable[[], Html], ...] = (
    csrf, own_fields, sign_in_url, own_account, own_account_item, own_notes, own_basket_label,
    own_basket_panel,
)  # fmt: skip
