"""Orders as the page components want them. Pure presentation of what the queries return."""

from collections.abc import Mapping, Sequence
from typing import Any

from kirana.orders.shapes import LineView, OrderSummary, OrderView
from kirana.pricing.tax import contained_label

STATUS_TEXTS: Mapping[str, str] = {
    "placed": "Placed", "accepted": "Accepted", "picking": "Being picked",
    "awaiting_customer": "Waiting for you", "packed": "Packed", "ready": "Ready for you",
    "on_the_way": "On the way", "not_delivered": "Not delivered", "handed_over": "Delivered",
    "completed": "Completed", "returned": "Back in the shop", "cancelled": "Cancelled",
}  # fmt: skip
PAYMENT_TEXTS: Mapping[str, str] = {
    "due": "Cash at the door",
    "captured": "Paid in cash",
    "voided": "Nothing to pay",
}
# The road that a customer sees; ``ready`` and ``on_the_way`` share a stop.
_ROAD = ("placed", "accepted", "picking", "packed", "on_the_way", "handed_over")
_STOP_OF = {"awaiting_customer": "picking", "ready": "on_the_way", "completed": "handed_over"}
_ENDS = ("cancelled", "returned", "not_delivered")


def show_summary(order: OrderSummary, thumbs: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """The fields of a card in ``shop/orders.html``."""
    items = f"{order.line_count} item" + ("" if order.line_count == 1 else "s")
    return {
        "number": order.number, "placed_at": order.placed_at, "status": order.status,
        "status_text": STATUS_TEXTS[order.status], "store_name": order.store.name,
        "total_minor": order.total.amount, "items_text": items, "thumbs": thumbs,
    }  # fmt: skip


def show_order(order: OrderView) -> dict[str, Any]:
    """The fields of ``shop/order.html``."""
    to = order.delivery
    return {
        "number": order.number, "placed_at": order.placed_at, "status": order.status,
        "status_text": STATUS_TEXTS[order.status], "store_name": order.store.name,
        "payment_text": PAYMENT_TEXTS.get(order.payment_status, order.payment_status),
        "name": to.name, "phone": to.phone, "address": f"{to.street}, {to.postcode} {to.city}",
        "note": to.note or None, "lines": [show_line(line) for line in order.lines],
        "sums": sums_of(order), "taxes": taxes_of(order), "total_minor": order.total.amount,
        "stages": stages_of(order), "reason": order.history[-1].reason or None,
        "may_cancel": order.can_cancel,
        "siblings": [{"number": x.number, "store_name": x.store.name} for x in order.siblings],
    }  # fmt: skip


def show_line(line: LineView) -> dict[str, Any]:
    return {
        "slug": line.product,
        "title": line.title,
        "picture_url": line.picture_url,
        "well": line.well,
        "quantity_text": line.quantity_text,
        "total_minor": line.total.amount,
        "note": STATUS_TEXTS.get(line.status) if line.status == "returned" else None,
    }


def sums_of(order: OrderView) -> list[dict[str, Any]]:
    return [
        {"label": "Items", "amount_minor": order.lines_total.amount},
        *[{"label": x.label, "amount_minor": x.amount.amount} for x in order.charges],
    ]


def taxes_of(order: OrderView) -> list[dict[str, Any]]:
    """The tax that the prices contained, by rate; where it came on top it is among the sums."""
    return [
        {"label": contained_label(row.basis_points), "amount_minor": row.tax.amount}
        for row in order.taxes
        if order.prices_include_tax and row.basis_points
    ]


def stages_of(order: OrderView) -> list[dict[str, Any]]:
    """How far the order is: stops behind it, the one it is at, those to come or the bad end."""
    reached = {_STOP_OF.get(step.to_status, step.to_status): step.at for step in order.history}
    here = _STOP_OF.get(order.status, order.status)
    stages: list[dict[str, Any]] = []
    for stop in _ROAD:
        if here in _ENDS and stop not in reached:
            break
        at_the_door = stop == here == "handed_over"
        state = "current" if stop == here and not at_the_door else "todo"
        if stop in reached and (stop != here or at_the_door):
            state = "done"
        stages.append({"text": STATUS_TEXTS[stop], "state": state, "at": reached.get(stop)})
    if here in _ENDS:
        end = {"text": STATUS_TEXTS[here], "state": "stopped", "at": order.history[-1].at}
        stages.append(end)
    return stages
