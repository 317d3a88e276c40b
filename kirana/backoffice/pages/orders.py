"""A store's orders: the list, one order, its moves."""

from collections.abc import Iterable
from typing import Any

import msgspec
from flask import Response, request, url_for

from kirana.accounts.permissions import Permission
from kirana.backoffice.navigation import own_place
from kirana.backoffice.pages.blueprint import my_store, pages, store_page
from kirana.backoffice.words import MOVE_WORDS, ORDER_WORDS
from kirana.orders.queries import get_order, list_store_orders
from kirana.orders.services.moving import NEEDS_REASON, move_order
from kirana.orders.shapes import OrderView, StoreOrdersQuery
from kirana.orders.showing import sums_of, taxes_of
from kirana.orders.states import COURIER_MOVES, ORDER_MOVES
from kirana.platform.errors import Conflict, IllegalMove, Invalid, NotFound, Stale
from kirana.platform.http import current_actor, requires
from kirana.platform.inputs import texts_to_struct
from kirana.platform.pages import note, posted, see_other
from kirana.stores.shapes import StoreView

PAGE_SIZE = 25
# How far an order is, in the order in which the stages are shown.
STAGES = ("placed", "accepted", "picking", "packed", "on_the_way", "handed_over", "completed")


class MoveForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A step of an order; ``version`` is the one that the page showed."""

    to: str
    seen: int
    reason: str = ""


@pages.get("/<store_slug>/orders")
@requires(Permission.READ_STORE_DELIVERIES)
def orders(store_slug: str) -> Response:
    """The store's orders, newest first, by status."""
    store = my_store(store_slug, Permission.READ_STORE_DELIVERIES)
    wanted = _wanted()
    found = list_store_orders(current_actor(), store.slug, wanted)
    here = url_for(".orders", store_slug=store.slug, status=wanted.status)
    joint = "&" if wanted.status else "?"
    return store_page(
        "office/orders.html", store, orders=found.items, status=wanted.status,
        filters=[_filter(store, status, wanted.status) for status in (None, *_filters(store))],
        words=ORDER_WORDS, first_url=here if wanted.cursor else None,
        next_url=f"{here}{joint}cursor={found.next_cursor}" if found.next_cursor else None,
    )  # fmt: skip


@pages.get("/<store_slug>/orders/<number>")
@requires(Permission.READ_STORE_DELIVERIES)
def order(store_slug: str, number: str) -> Response:
    """One order with its lines, history, and the moves that are possible now."""
    store = my_store(store_slug, Permission.READ_STORE_DELIVERIES)
    return _order_page(store, number)


@pages.post("/<store_slug>/orders/<number>/moves")
@requires(Permission.WRITE_STORE_DELIVERIES)
def move(store_slug: str, number: str) -> Response:
    """Move the order one step; a refused step leaves the page with the reason."""
    store = my_store(store_slug, Permission.WRITE_STORE_DELIVERIES)
    form = posted(MoveForm)
    try:
        moved = move_order(current_actor(), number, (form.to, form.reason), form.seen)
    except Invalid as error:
        return _order_page(store, number, error.errors[0]["detail"], 422)
    except IllegalMove as error:
        return _order_page(store, number, _in_words(error), error.status)
    except (Conflict, Stale) as error:
        return _order_page(store, number, error.detail, error.status)
    note(f"Order {number} is now: {ORDER_WORDS[moved.status]}.", "success")
    return see_other(".order", store_slug=store.slug, number=number)


def _in_words(error: IllegalMove) -> str:
    """The refused step as the screen calls it, and what is possible instead."""
    wanted = error.details.get("wanted")
    if wanted not in MOVE_WORDS:
        return error.detail
    legal = [f"“{MOVE_WORDS[to]}”" for to in error.details["legal"]]
    left = f"What is possible: {', '.join(legal)}." if legal else "It is at its end."
    now = ORDER_WORDS[error.details["current"]]
    return f"The order is “{now}” now, so “{MOVE_WORDS[wanted]}” is not possible. {left}"


def _wanted() -> StoreOrdersQuery:
    """The list's address as a query; a filter that is none counts as all."""
    args = {name: [value] for name, value in request.args.items() if name in ("status", "cursor")}
    try:
        return texts_to_struct({**args, "limit": [str(PAGE_SIZE)]}, StoreOrdersQuery)
    except Invalid:
        return StoreOrdersQuery(limit=PAGE_SIZE)


def _filters(store: StoreView) -> Iterable[str]:
    place = own_place(current_actor(), store.slug, Permission.READ_STORE_DELIVERIES)
    return ORDER_MOVES if Permission.READ_STORE_ORDERS in place.rights else COURIER_MOVES


def _filter(store: StoreView, status: str | None, chosen: str | None) -> dict[str, Any]:
    return {
        "text": ORDER_WORDS[status] if status else "All",
        "url": url_for(".orders", store_slug=store.slug, status=status),
        "current": status == chosen,
    }


def _order_page(store: StoreView, number: str, problem: str = "", status: int = 200) -> Response:
    found = get_order(current_actor(), number)
    if found.store.slug != store.slug:
        raise NotFound
    return store_page(
        "office/order.html", store, status, order=found, problem=problem,
        moves=[_move(to) for to in found.moves], words=ORDER_WORDS, stages=_stages(found),
        sums=sums_of(found), taxes=taxes_of(found),
    )  # fmt: skip


def _move(to: str) -> dict[str, Any]:
    return {
        "to": to,
        "text": MOVE_WORDS[to],
        "needs_reason": to in NEEDS_REASON,
        "is_grave": to in ("cancelled", "returned", "not_delivered"),
    }


def _stages(found: OrderView) -> list[dict[str, Any]]:
    at: dict[str, Any] = {step.to_status: step.at for step in found.history}
    stages: list[dict[str, Any]] = []
    for name in STAGES:
        state = "current" if name == found.status else "done" if name in at else "todo"
        if name == "on_the_way" and "ready" in at:
            name, state = "ready", "current" if found.status == "ready" else "done"
        stages.append({"text": ORDER_WORDS[name], "state": state, "at": at.get(name)})
    if found.status in [*STAGES, "ready"]:
        return stages
    done = [stage for stage in stages if stage["state"] == "done"]
    end = {"text": ORDER_WORDS[found.status], "state": "stopped", "at": at.get(found.status)}
    return [*done, end]
