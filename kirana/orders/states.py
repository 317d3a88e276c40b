"""The allowed moves of an order and of its lines."""

from kirana.platform.states import Moves

ORDER_MOVES: Moves = {
    "placed": ("accepted", "cancelled"),
    "accepted": ("picking", "cancelled"),
    "picking": ("awaiting_customer", "packed", "cancelled"),
    "awaiting_customer": ("picking", "cancelled"),
    "packed": ("ready", "on_the_way", "cancelled"),
    "ready": ("handed_over",),
    "on_the_way": ("handed_over", "not_delivered"),
    "not_delivered": ("on_the_way", "returned"),
    "handed_over": ("completed",),
    "completed": (),
    "returned": (),
    "cancelled": (),
}

# What a courier does of it; beside these, a courier sees what was handed over and not yet settled.
COURIER_MOVES: Moves = {
    "on_the_way": ("handed_over", "not_delivered"),
    "not_delivered": ("on_the_way",),
    "handed_over": (),
}

# A customer may cancel while nothing is packed; from ``packed`` only staff may, with a reason.
CUSTOMER_CANCELS = ("placed", "accepted", "picking", "awaiting_customer")

LINE_MOVES: Moves = {
    "ordered": ("picked", "short", "substituted", "cancelled"),
    "picked": ("returned",),
    "short": (),
    "substituted": (),
    "cancelled": (),
    "returned": (),
}
