"""Levels that are not what the ledger says."""

# ruff: noqa: S608 - the SQL of tests is made of their own constants

from tests.check.planting import CANCELLED, LINE, RECEIVED, SOLD, Fault, fault, movement

LEVEL = f"UPDATE stock_level SET {{}} WHERE product_id = {SOLD}"
ON_HAND = "on_hand is the sum of its movements"
BALANCE = "each movement follows from the one before: its balance, and no earlier moment"
HOLDS = "reserved is the sum of its holds"
OPEN = "a hold is of a line in an open basket, and no more than the line"
KEPT = "where lots are kept on_hand is their sum, elsewhere they are empty"
LOT_SUM = "a lot holds the sum of its parts in movements"
LOT_BALANCE = "each part's balance follows from the one before"
PARTS = "a movement that has parts is their sum, in lots of its product"
TRANSFERS = "what a transfer takes from one product it gives to another"
LOT = "(SELECT MAX(lot_id) FROM lot_movement WHERE delta < 0)"
PART = f"(SELECT MAX(id) FROM lot_movement WHERE lot_id = {LOT})"
LONGEST = "no hold ends later than the longest that a shop may keep one, or begins then"
LATEST = f"(SELECT MAX(id) FROM stock_movement WHERE product_id = {SOLD})"
SOLD_ONCE = "each order line was sold once, as much as was ordered"

FAULTS: dict[str, tuple[Fault, ...]] = {
    "0 <= reserved <= on_hand": (
        fault(LEVEL.format("reserved = -1"), also=(HOLDS,)),
        fault(LEVEL.format("reserved = on_hand + 1"), also=(HOLDS,)),
        fault(LEVEL.format("on_hand = -1"), also=(ON_HAND,)),
    ),
    ON_HAND: (
        fault(LEVEL.format("on_hand = on_hand + 1")),
        fault(
            f"DELETE FROM stock_movement WHERE id = {RECEIVED}",
            also=(BALANCE,),
        ),
    ),
    BALANCE: (
        fault(
            "UPDATE stock_movement SET balance_after = balance_after + 1 "
            "WHERE id = (SELECT MAX(id) FROM stock_movement)"
        ),
        fault(f"UPDATE stock_movement SET at = '2000-01-01 00:00:00' WHERE id = {LATEST}"),
        fault(
            "UPDATE stock_movement SET at = '2999-01-01 00:00:00' WHERE kind = 'received' "
            f"AND product_id = {SOLD}"
        ),
    ),
    KEPT: (
        fault(f"UPDATE lot SET on_hand = on_hand + 1 WHERE id = {LOT}", also=(LOT_SUM,)),
        fault("UPDATE stock_level SET tracks_lots = NOT tracks_lots WHERE tracks_lots"),
        fault(
            f"DELETE FROM lot_movement WHERE id = {PART}",
            f"UPDATE lot SET on_hand = (SELECT SUM(delta) FROM lot_movement WHERE lot_id = {LOT}) "
            f"WHERE id = {LOT}",
        ),
    ),
    LOT_SUM: (
        fault(
            f"DELETE FROM lot_movement WHERE id = {PART}",
        ),
    ),
    LOT_BALANCE: (
        fault(f"UPDATE lot_movement SET balance_after = balance_after + 1 WHERE id = {PART}"),
    ),
    PARTS: (
        fault(
            f"UPDATE lot_movement SET delta = delta - 1 WHERE id = {PART}",
            also=(LOT_SUM, LOT_BALANCE),
        ),
        fault(
            "UPDATE lot SET product_id = (SELECT MIN(product_id) FROM stock_level "
            f"WHERE NOT tracks_lots) WHERE id = {LOT}",
            also=(KEPT,),
        ),
    ),
    TRANSFERS: (
        fault(
            "UPDATE stock_movement SET transfer_uid = 'another' WHERE id = "
            "(SELECT MAX(id) FROM stock_movement WHERE transfer_uid IS NOT NULL)"
        ),
        fault(
            "UPDATE stock_movement SET delta = delta + 1 WHERE id = "
            "(SELECT MAX(id) FROM stock_movement WHERE transfer_uid IS NOT NULL)",
            also=(ON_HAND, BALANCE, PARTS),
        ),
    ),
    LONGEST: (fault("UPDATE reservation SET expires_at = '9998-01-01 00:00:00'"),),
    HOLDS: (
        fault(LEVEL.format("reserved = 1")),
        fault("UPDATE reservation SET quantity = quantity - 1"),
        fault("DELETE FROM reservation"),
    ),
    OPEN: (
        fault(
            "UPDATE cart SET status = 'ordered' WHERE id IN (SELECT cart_id FROM reservation)",
            also=(
                "exactly the ordered carts have an order group, of the same customer",
                "an order group holds what its cart held",
            ),
        ),
        fault("UPDATE cart SET status = 'abandoned' WHERE id IN (SELECT cart_id FROM reservation)"),
        fault(
            "UPDATE cart_line SET quantity = 1 WHERE cart_id IN (SELECT cart_id FROM reservation)"
        ),
        fault("DELETE FROM cart_line WHERE cart_id IN (SELECT cart_id FROM reservation)"),
    ),
    "every product has a stock level": (
        fault(f"DELETE FROM stock_level WHERE product_id = {SOLD}"),
    ),
    "each kind of movement goes its own way, sales and returns by an order line": (
        fault(f"UPDATE stock_movement SET kind = 'wasted' WHERE id = {RECEIVED}"),
        fault(
            "UPDATE stock_movement SET kind = 'received' "
            "WHERE id = (SELECT MIN(id) FROM stock_movement WHERE kind = 'wasted')"
        ),
        fault(f"UPDATE stock_movement SET order_line_id = {LINE} WHERE id = {RECEIVED}"),
        fault(
            "UPDATE stock_movement SET order_line_id = NULL "
            f"WHERE kind = 'sold' AND order_line_id = {LINE}",
            also=(SOLD_ONCE,),
        ),
    ),
    SOLD_ONCE: (
        fault(*movement("sold", "-"), loosened=("stock_movement",)),
        fault(
            "UPDATE stock_movement SET delta = delta - 1 "
            f"WHERE kind = 'sold' AND order_line_id = {LINE}",
            also=(ON_HAND, BALANCE),
        ),
    ),
    "exactly the cancelled and returned orders gave their stock back": (
        fault(*movement("returned", "+")),
        fault(
            *movement("returned", "+"),
            "UPDATE stock_movement SET order_line_id = (SELECT MIN(id) FROM order_line "
            f"WHERE order_id = {CANCELLED}) WHERE kind = 'returned' AND order_line_id = {LINE}",
            loosened=("stock_movement",),
        ),
    ),
}
