"""The allowed moves of a cart."""

from kirana.platform.states import Moves

CART_MOVES: Moves = {"open": ("ordered", "abandoned"), "ordered": (), "abandoned": ()}
