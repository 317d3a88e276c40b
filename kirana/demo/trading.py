"""The order history as rows: carts, groups, orders, lines, payments, events, mails."""

import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise
from typing import Any

from kirana.cart.models import Cart, CartLine
from kirana.demo.founding import Found, Ground, add_audit, add_sent_mail
from kirana.demo.households import DemoOrder
from kirana.demo.people import CITY, Customer
from kirana.demo.rows import Rows
from kirana.orders.models import Order, OrderEvent, OrderGroup, OrderLine
from kirana.payments.models import Payment, PaymentEvent
from kirana.platform.columns import ALPHABET, new_uid
from kirana.pricing.quote import Quote, QuotedLine, StoreQuote, Wish, quote

_TO_PACKED = ("placed", "accepted", "picking", "packed")
_DELIVERED = (*_TO_PACKED, "on_the_way", "handed_over", "completed")
_COLLECTED = (*_TO_PACKED, "ready", "handed_over", "completed")
_FAILED = (*_TO_PACKED, "on_the_way", "not_delivered", "returned")
# How many minutes a step takes, from and to.
_MINUTES = {
    "accepted": (3, 35), "picking": (6, 50), "packed": (8, 35), "ready": (1, 8),
    "on_the_way": (4, 40), "handed_over": (12, 110), "completed": (5, 150),
    "not_delivered": (20, 80), "returned": (60, 500), "cancelled": (4, 80),
}  # fmt: skip
_REASONS = {
    "cancelled": ("Ordered by mistake", "Plans have changed", "Found it elsewhere"),
    "not_delivered": ("Nobody was at home",),
    "returned": ("Not collected after a second try",),
}
_LINE_STATUS = {"placed": "ordered", "accepted": "ordered", "picking": "ordered",
                "cancelled": "cancelled", "returned": "returned"}  # fmt: skip
_CAPTURED = ("handed_over", "completed")
_VOIDED = ("cancelled", "returned")


@dataclass(frozen=True, slots=True)
class StockChange:
    """What a line took from the shelf or gave back. ``sku`` names the product, ``order`` the order
    by its number.
    """

    at: datetime
    sku: str
    kind: str
    delta: int
    order: str
    order_line_id: int
    actor_id: int


@dataclass(frozen=True, slots=True)
class Trade:
    """What the history is written with."""

    rows: Rows
    ground: Ground
    customers: tuple[Customer, ...]
    currency: str
    now: datetime
    chance: random.Random


def write_orders(trade: Trade, orders: Iterable[DemoOrder]) -> list[StockChange]:
    """All rows of ``orders``, which come sorted by basket; what they did to the stock."""
    changes: list[StockChange] = []
    for _basket, parts in groupby(orders, key=lambda order: order.basket):
        changes += _write_basket(trade, list(parts))
    return sorted(changes, key=lambda change: change.at)


def _write_basket(trade: Trade, parts: list[DemoOrder]) -> Iterator[StockChange]:
    at = parts[0].placed_at.astimezone(UTC)
    goods = {
        found.id: (found, quantity)
        for part in parts
        for found, quantity in ((trade.ground.products[sku], n) for sku, n in part.lines)
    }
    priced = quote(_wish(trade, found, quantity, at) for found, quantity in goods.values())
    group_id = _write_group(trade, parts[0].customer, at, priced)
    stores = {trade.ground.stores[part.store]: part for part in parts}
    for store_quote in priced.stores:
        yield from _write_order(
            trade, stores[store_quote.store_id], (group_id, at), store_quote, goods
        )


def _wish(trade: Trade, found: Found, quantity: int, at: datetime) -> Wish:
    product = found.product
    return Wish(
        found.id, trade.ground.stores[product.store], quantity, found.price_at(at),
        product.price_per, product.tax_class,
    )  # fmt: skip


def _write_group(trade: Trade, customer: int, at: datetime, priced: Quote) -> int:
    rows, person = trade.rows, trade.customers[customer]
    account_id = trade.ground.customers[customer]
    begun = at - timedelta(minutes=trade.chance.randint(3, 25))
    lines = [line for part in priced.stores for line in part.lines]
    cart_id = rows.add(
        Cart, account_id=account_id, guest_hash=None, status="ordered", version=len(lines) + 2,
        updated_at=at, created_at=begun,
    )  # fmt: skip
    for line in lines:
        wish = line.wish
        rows.add(
            CartLine, cart_id=cart_id, product_id=wish.product_id, quantity=wish.quantity,
            price_seen_minor=wish.price_minor, note="", created_at=begun,
        )  # fmt: skip
    return rows.add(
        OrderGroup, account_id=account_id, cart_id=cart_id, total_minor=priced.total_minor,
        currency=trade.currency, name=person.name, phone=person.phone, street=person.street,
        city=CITY, postcode=person.postcode, note="", placed_at=at,
    )  # fmt: skip


def _write_order(
    trade: Trade,
    order: DemoOrder,
    placed: tuple[int, datetime],
    part: StoreQuote,
    goods: Mapping[int, tuple[Found, int]],
) -> Iterator[StockChange]:
    group_id, at = placed
    steps = _steps(trade, order.outcome, at)
    account_id = trade.ground.customers[order.customer]
    number = "".join(trade.chance.choices(ALPHABET, k=10))
    key = trade.rows.add(
        Order, number=number, group_id=group_id, store_id=part.store_id, account_id=account_id,
        status=order.outcome, lines_minor=part.lines_minor, charges_minor=part.charges_minor,
        tax_minor=part.tax_minor, total_minor=part.total_minor, currency=trade.currency,
        version=len(steps), placed_at=at, updated_at=steps[-1][1],
    )  # fmt: skip
    staff_id = trade.chance.choice(trade.ground.staff[order.store])
    _write_events(trade.rows, key, steps, (account_id, staff_id), trade.chance)
    _write_payment(trade, key, part.total_minor, dict(steps), staff_id)
    _write_mails(trade.rows, key, number, dict(steps))
    after: dict[str, str | int] = {"status": "placed", "total_minor": part.total_minor}
    add_audit(trade.rows, at, (account_id, "customer"), ("order.placed", "order", number), after)
    for line in part.lines:
        yield from _write_line(
            trade, (key, number, order.outcome), line, goods[line.wish.product_id][0],
            (at, steps[-1][1], account_id),
        )  # fmt: skip


def _steps(trade: Trade, outcome: str, at: datetime) -> list[tuple[str, datetime]]:
    """The path to ``outcome`` with a moment for each step, none of them in the future."""
    path = _path(trade.chance, outcome)
    passed, since = [timedelta()], timedelta()
    for status in path[1:]:
        low, high = _MINUTES[status]
        since += timedelta(seconds=trade.chance.randint(low * 60, high * 60))
        passed.append(since)
    age = (trade.now - at) * 0.97
    scale = min(1.0, age / since) if since else 1.0
    return [
        (status, (at + offset * scale).replace(microsecond=0))
        for status, offset in zip(path, passed, strict=True)
    ]


def _path(chance: random.Random, outcome: str) -> tuple[str, ...]:
    if outcome == "cancelled":
        return ("placed", "cancelled") if chance.random() < 0.6 else (*_TO_PACKED[:2], "cancelled")
    whole = _DELIVERED if chance.random() < 0.7 else _COLLECTED
    if outcome in ("on_the_way", "returned"):
        whole = _FAILED
    elif outcome == "ready":
        whole = _COLLECTED
    return whole[: whole.index(outcome) + 1]


def _write_events(
    rows: Rows,
    key: int,
    steps: list[tuple[str, datetime]],
    who: tuple[int, int],
    chance: random.Random,
) -> None:
    """``who`` is (customer, staff); the customer places and cancels."""
    first = {"order_id": key, "from_status": None, "to_status": "placed", "reason": ""}
    rows.add(OrderEvent, **first, actor_id=who[0], at=steps[0][1])
    for (before, _), (after, at) in pairwise(steps):
        reasons = _REASONS.get(after)
        rows.add(
            OrderEvent, order_id=key, from_status=before, to_status=after,
            reason=chance.choice(reasons) if reasons else "",
            actor_id=who[0] if after == "cancelled" else who[1], at=at,
        )  # fmt: skip


def _write_payment(
    trade: Trade, order_id: int, total: int, steps: Mapping[str, datetime], staff_id: int
) -> None:
    """Cash at the door: taken when handed over, void when nothing came of it."""
    taken = next((steps[step] for step in _CAPTURED if step in steps), None)
    voided = next((steps[step] for step in _VOIDED if step in steps), None)
    status = "captured" if taken else "voided" if voided else "due"
    uid = new_uid()
    key = trade.rows.add(
        Payment, uid=uid, order_id=order_id, method="cash", status=status, amount_minor=total,
        captured_minor=total if taken else 0, refunded_minor=0, currency=trade.currency,
        created_at=steps["placed"],
    )  # fmt: skip
    moment = taken or voided
    if moment is not None:
        trade.rows.add(
            PaymentEvent, event_key=f"{status}:{uid}", payment_id=key, kind=status,
            amount_minor=total if taken else 0, actor_id=staff_id, at=moment,
        )  # fmt: skip


def _write_mails(rows: Rows, order_id: int, number: str, steps: Mapping[str, datetime]) -> None:
    about = {"order_id": order_id}
    add_sent_mail(rows, "order_confirmation", f"order-confirm:{number}", about, steps["placed"])
    if "cancelled" in steps:
        key = f"order-cancelled:{number}"
        add_sent_mail(rows, "order_cancelled", key, about, steps["cancelled"])


def _write_line(
    trade: Trade,
    order: tuple[int, str, str],
    line: QuotedLine,
    found: Found,
    moved: tuple[datetime, datetime, int],
) -> Iterator[StockChange]:
    order_id, number, status = order
    product, wish = found.product, line.wish
    values: dict[str, Any] = {
        "title": product.title, "sku": product.sku, "size_text": product.size_text,
        "category_name": trade.ground.shelf_names[product.category], "unit": product.unit,
    }  # fmt: skip
    key = trade.rows.add(
        OrderLine, order_id=order_id, product_id=found.id, **values, quantity=wish.quantity,
        price_minor=wish.price_minor, price_per=wish.price_per, tax_class=wish.tax_class,
        tax_basis_points=line.tax_basis_points, tax_minor=line.tax_minor,
        total_minor=line.total_minor, status=_LINE_STATUS.get(status, "picked"),
    )  # fmt: skip
    placed_at, ended_at, actor_id = moved
    cause = number, key, actor_id
    yield StockChange(placed_at, product.sku, "sold", -wish.quantity, *cause)
    if status in _VOIDED:
        yield StockChange(ended_at, product.sku, "returned", wish.quantity, *cause)
