"""The allowed moves of an account and of a manager's application."""

from kirana.platform.states import Moves

ACCOUNT_MOVES: Moves = {
    "pending": ("active", "rejected", "closed"),
    "rejected": ("pending", "active", "closed"),
    "active": ("suspended", "closed"),
    "suspended": ("active", "closed"),
    "closed": (),
}

APPROVAL_MOVES: Moves = {
    "requested": ("approved", "rejected", "withdrawn"),
    "approved": (),
    "rejected": (),
    "withdrawn": (),
}

# A suspended or closed account is told so after the right password, and gets no session.
MAY_SIGN_IN = ("active", "pending", "rejected")
