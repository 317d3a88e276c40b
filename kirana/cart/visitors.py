"""Whose basket a request means, and the cookie that gives a guest one."""

from collections.abc import Callable
from dataclasses import replace

from flask import g

from kirana.cart.queries import BasketLine, BasketView, basket_view
from kirana.cart.services.forgetting import GUESTS_KEPT
from kirana.platform import cookies
from kirana.platform.access import Actor
from kirana.platform.http import current_actor
from kirana.platform.tokens import hash_secret, new_secret

KEPT_SECONDS = int(GUESTS_KEPT.total_seconds())


def shown_basket() -> BasketView:
    """The caller's basket as a page shows it, read once however many parts of it ask."""
    found: BasketView | None = g.get("shown_basket")
    if found is None:
        found = g.shown_basket = basket_view(current_actor())
    return found


def taken_lines() -> dict[str, BasketLine]:
    """The lines of the caller's basket by product."""
    found: dict[str, BasketLine] | None = g.get("taken_lines")
    if found is None:
        found = g.taken_lines = {line.slug: line for line in shown_basket().lines}
    return found


def put_in(change: Callable[[Actor], BasketView]) -> BasketView:
    """Run ``change`` for the caller; a guest gets a cookie with the first thing put in.

    Only the hash of its 256 random bits is kept here. A refused change sets no cookie.
    """
    actor = current_actor()
    if actor.is_signed_in or actor.guest_hash:
        return change(actor)
    secret = new_secret()
    newcomer = replace(actor, guest_hash=hash_secret(secret))
    basket = change(newcomer)
    if basket.lines:
        g.actor = newcomer
        cookies.keep(cookies.GUEST_COOKIE, secret, KEPT_SECONDS)
    return basket
