"""The allowed moves of a review. An edit sends it back to be looked at."""

from kirana.platform.states import Moves

REVIEW_MOVES: Moves = {
    "waiting": ("shown", "refused"),
    "shown": ("hidden", "waiting"),
    "refused": ("waiting",),
    "hidden": ("shown", "waiting"),
}
# An order's goods were in the buyer's hands from here on.
HAD = ("handed_over", "completed")
