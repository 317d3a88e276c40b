"""Turning a basket into orders: one verb, one transaction, all lines or none."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from kirana.accounts.permissions import Permission
from kirana.cart.errors import BasketEmpty
from kirana.cart.queries import BasketLine, find_cart, lines_of
from kirana.cart.services.carts import (
    HandedIn,
    hand_in_cart,
    lock_active_cart,
    lock_open_cart,
)
from kirana.cart.services.keeping import keep_until, kept_on_until
from kirana.checkout.differences import Difference, SeenLine, as_put_in, as_shown, differences
from kirana.checkout.errors import LinesUnavailable, PriceChanged, TooManyHolds
from kirana.orders.services.placing import NewGroup, PlacedOrder, place_orders
from kirana.orders.shapes import Delivery, GroupView
from kirana.payments.services import Due, open_payments
from kirana.platform import audit
from kirana.platform.access import Actor
from kirana.platform.amounts import Money
from kirana.platform.announce import announce
from kirana.platform.config import Settings
from kirana.platform.db import verb
from kirana.platform.outbox import enqueue_all
from kirana.platform.probes import reached
from kirana.pricing.quote import Quote, quote
from kirana.pricing.tax import tax_rules
from kirana.stock.errors import OutOfStock, Shortage
from kirana.stock.services.holds import extend_hold, hold_for_cart, shrink_hold
from kirana.stock.services.selling import take_for_lines

# Left to the guarded write, which alone knows.
_STOCK = ("", "out_of_stock", "short")


class Terms(msgspec.Struct, frozen=True):
    """How it is paid, and the lines as the customer saw them, where they say so."""

    method: str = "cash"
    seen: Sequence[SeenLine] | None = None


logger = logging.getLogger("kirana.checkout")
TERMS = Terms()


@verb
def check_out(
    connection: Connection, actor: Actor, delivery: Delivery, expected: Money,
    terms: Terms = TERMS,
) -> GroupView:  # fmt: skip
    """Order what is in the caller's basket at the prices of now, if they add up to ``expected``.

    And if its lines are those of ``terms.seen``, where that is given. Locks the account (shared),
    the cart, then stock levels in ascending product id. Raises Unauthorized (of a guest; suspended
    meanwhile), Forbidden, Invalid, BasketEmpty, LinesUnavailable, PriceChanged, OutOfStock,
    TotalTooLarge; then nothing was taken, and ``differences`` are all lines that are not as they
    were seen.
    """
    actor.require(Permission.PLACE_ORDER)
    delivery = delivery.cleaned()
    reached("checkout.begun")
    cart = hand_in_cart(actor)
    found = _quote(cart, expected, terms)
    new = NewGroup(cart.cart_id, cart.lines, found, expected.currency, delivery)
    group = place_orders(actor, new)
    open_payments([Due(x.order_id, x.summary.total, terms.method) for x in group.orders])
    _write_down(connection, actor, group.orders)
    announce(connection, "order_placed", account_id=actor.me(), group_uid=group.uid)
    # Last, so that the rows everybody wants are locked for the shortest time.
    try:
        take_for_lines(actor, group.demands)
    except OutOfStock as error:
        _tell_differences(error, _with_less(cart.lines, error), expected.currency, terms)
        raise
    return group.view(expected)


@verb
def start_checkout(connection: Connection, actor: Actor, settings: Settings) -> None:
    """Keep what is in the caller's basket for a while; again: extend it and keep what was added.

    Of each product so much as ``hold_increments`` allows; the rest can be ordered unkept. Locks the
    account (shared), the cart, then stock levels in ascending product id. Raises Unauthorized,
    Forbidden, BasketEmpty, TooManyHolds, KeptLongEnough, LinesUnavailable, OutOfStock; then nothing
    changed, and ``differences`` are all lines that are not as they were put in.
    """
    actor.require(Permission.PLACE_ORDER)
    cart_id = lock_active_cart(connection, actor)
    lines = lines_of(cart_id) if cart_id is not None else []
    if cart_id is None or not lines:
        raise BasketEmpty
    if len(lines) > settings.hold_lines:
        raise TooManyHolds
    _require_orderable(lines, settings.currency, TERMS)
    wanted = {line.product_id: _kept_of(line, settings.hold_increments) for line in lines}
    try:
        _require_the_rest(lines, wanted)
        hold_for_cart(cart_id, wanted, keep_until(cart_id, settings.hold_minutes))
    except OutOfStock as error:
        _tell_differences(error, _with_less(lines, error), settings.currency, TERMS)
        raise


def keep_on(actor: Actor, settings: Settings) -> None:
    """Somebody is busy with their checkout: what is kept for them is kept on. Locks the levels.

    Best effort: where the levels are locked for long, what the caller has to tell comes first.
    """
    try:
        _keep_on(actor, settings)
    except DBAPIError:
        logger.warning("what is kept for a cart was not kept on", exc_info=True)


@verb
def _keep_on(_connection: Connection, actor: Actor, settings: Settings) -> None:
    cart_id = find_cart(actor)
    if cart_id is not None:
        extend_hold(cart_id, kept_on_until(cart_id, settings.hold_minutes))


@verb
def leave_checkout(connection: Connection, actor: Actor) -> None:
    """Let go of what is kept for the caller; the basket stays. Locks the cart."""
    actor.require(Permission.PLACE_ORDER)
    cart_id = lock_open_cart(connection, actor)
    if cart_id is not None:
        shrink_hold(cart_id)


def _require_orderable(lines: Sequence[BasketLine], currency: str, terms: Terms) -> None:
    blocked = [line for line in lines if line.problem not in _STOCK]
    if blocked:
        told = _told(lines, currency, terms)
        raise LinesUnavailable(lines=[_blocked(line) for line in blocked], differences=told)


def _kept_of(line: BasketLine, increments: int) -> int:
    """How much of a line is kept: nobody keeps a shop's whole stock from the others."""
    return min(line.quantity, max(line.minimum, increments * line.increment))


def _require_the_rest(lines: Sequence[BasketLine], wanted: Mapping[int, int]) -> None:
    """Of what is not kept as a whole all is there, as far as can be seen. Raises OutOfStock."""
    short = [
        Shortage(line.slug, line.title, line.quantity, line.available)
        for line in lines
        if wanted[line.product_id] < line.quantity and line.available < line.quantity
    ]
    if short:
        raise OutOfStock.of(short)


def _quote(cart: HandedIn, expected: Money, terms: Terms) -> Quote:
    """What the basket costs. What falls short is the guarded write's to say, unless something else
    is wrong as well: then all is told at once.
    """
    currency = expected.currency
    _require_orderable(cart.lines, currency, terms)
    found = quote((line.wish() for line in cart.lines), tax_rules())
    is_as_seen = terms.seen is None or _is_seen(cart.lines, terms.seen, currency)
    if found.total_minor == expected.amount and is_as_seen:
        return found
    if any(line.problem for line in cart.lines):
        raise _out_of_stock(cart.lines, currency, terms)
    total = msgspec.to_builtins(Money(found.total_minor, currency))
    raise PriceChanged(total=total, differences=_told(cart.lines, currency, terms))


def _is_seen(lines: Sequence[BasketLine], seen: Sequence[SeenLine], currency: str) -> bool:
    here = as_shown(lines, currency)
    return {x.product: x for x in seen} == {x.product: x for x in here}


def _told(lines: Sequence[BasketLine], currency: str, terms: Terms) -> list[dict[str, Any]]:
    seen = as_put_in(lines, currency) if terms.seen is None else terms.seen
    found: list[Difference] = differences(lines, seen, currency)
    return [msgspec.to_builtins(item) for item in found]


def _out_of_stock(lines: Sequence[BasketLine], currency: str, terms: Terms) -> OutOfStock:
    short = [line for line in lines if line.problem]
    shortages = [Shortage(x.slug, x.title, x.quantity, x.available) for x in short]
    found = OutOfStock.of(shortages)
    _tell_differences(found, lines, currency, terms)
    return found


def _tell_differences(
    error: OutOfStock, lines: Sequence[BasketLine], currency: str, terms: Terms
) -> None:
    error.details["differences"] = _told(lines, currency, terms)


def _with_less(lines: Sequence[BasketLine], error: OutOfStock) -> list[BasketLine]:
    """The lines as the guarded write found them; it names what there is of the short ones."""
    left = {item["slug"]: item["available"] for item in error.details["shortages"]}
    return [
        msgspec.structs.replace(
            line, available=left[line.slug], problem="short" if left[line.slug] else "out_of_stock"
        )
        if line.slug in left
        else line
        for line in lines
    ]


def _blocked(line: BasketLine) -> dict[str, Any]:
    return {"slug": line.slug, "title": line.title, "problem": line.problem, "detail": line.note}


def _write_down(connection: Connection, actor: Actor, orders: Sequence[PlacedOrder]) -> None:
    """Each order's one confirmation, and its row in the audit log."""
    mails = {f"order-confirm:{x.summary.number}": {"order_id": x.order_id} for x in orders}
    enqueue_all(connection, "order_confirmation", mails)
    after = {
        x.summary.number: {"status": "placed", "total_minor": x.summary.total.amount}
        for x in orders
    }
    audit.record_all(connection, actor, "order.placed", "order", after)
