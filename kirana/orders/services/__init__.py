"""The verbs of orders, one file for each family."""

from kirana.orders.services.moving import cancel_my_order, move_order
from kirana.orders.services.placing import NewGroup, PlacedGroup, PlacedOrder, place_orders

__all__ = [
    "NewGroup",
    "PlacedGroup",
    "PlacedOrder",
    "cancel_my_order",
    "move_order",
    "place_orders",
]
