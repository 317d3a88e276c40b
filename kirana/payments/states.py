"""The allowed moves of a payment."""

from collections.abc import Iterable

from kirana.platform.states import Moves, require_move

PAYMENT_MOVES: Moves = {
    "due": ("authorised", "captured", "failed", "voided"),
    "authorised": ("captured", "failed", "voided"),
    "captured": ("refunded",),
    "refunded": (),
    "failed": ("authorised", "captured"),
    "voided": (),
}

# The status that each event of the ledger leads to.
AFTER = {
    "authorised": "authorised",
    "captured": "captured",
    "refunded": "refunded",
    "failed": "failed",
    "voided": "voided",
}


def status_after(kinds: Iterable[str]) -> str:
    """The status that a payment's events add up to. Raises IllegalMove for an impossible one."""
    status = "due"
    for kind in kinds:
        require_move(PAYMENT_MOVES, status, AFTER[kind])
        status = AFTER[kind]
    return status
