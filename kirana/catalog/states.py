"""The allowed moves of a product and of a category request."""

from kirana.platform.states import Moves

PRODUCT_MOVES: Moves = {
    "draft": ("published", "archived"),
    "published": ("hidden", "archived"),
    "hidden": ("published", "archived"),
    "archived": (),
}

REQUEST_MOVES: Moves = {
    "requested": ("approved", "rejected", "withdrawn"),
    "approved": (),
    "rejected": (),
    "withdrawn": (),
}
