"""The verbs of the basket, one file for each family."""

from kirana.cart.services.carts import HandedIn, hand_in_cart
from kirana.cart.services.gathering import Gathered, Shortfall, put_all
from kirana.cart.services.lines import change_line, clear, remove_line, set_line
from kirana.cart.services.merging import merge_guest_cart

__all__ = [
    "Gathered",
    "HandedIn",
    "Shortfall",
    "change_line",
    "clear",
    "hand_in_cart",
    "merge_guest_cart",
    "put_all",
    "remove_line",
    "set_line",
]
