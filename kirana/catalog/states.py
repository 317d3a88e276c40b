"""The allowed moves of a product, of a category request and of a planned price."""

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

PLAN_MOVES: Moves = {
    "planned": ("applied", "cancelled"),
    "applied": (),
    "cancelled": (),
}
