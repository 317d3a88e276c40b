"""The allowed moves of a payment."""

from kirana.platform.states import Moves

PAYMENT_MOVES: Moves = {
    "due": ("authorised", "captured", "failed", "voided"),
    "authorised": ("captured", "failed", "voided"),
    "captured": ("refunded",),
    "refunded": (),
    "failed": ("authorised", "captured"),
    "voided": (),
}
