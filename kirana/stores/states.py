"""The allowed moves of a store."""

from kirana.platform.states import Moves

STORE_MOVES: Moves = {
    "draft": ("open", "closed"),
    "open": ("holiday", "closed"),
    "holiday": ("open", "closed"),
    "closed": (),
}
