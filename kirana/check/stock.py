"""Statements 1 and 2: levels and their ledger."""

from kirana.check.rule import Rule
from kirana.stock.availability import FARTHEST_END

RULES = (
    Rule(
        1,
        "0 <= reserved <= on_hand",
        "SELECT product_id, on_hand, reserved FROM stock_level "
        "WHERE reserved < 0 OR on_hand < reserved",
    ),
    Rule(
        1,
        "on_hand is the sum of its movements",
        """
        SELECT product_id, on_hand, moved FROM (
          SELECT l.product_id, l.on_hand, COALESCE(SUM(m.delta), 0) AS moved
          FROM stock_level l LEFT JOIN stock_movement m ON m.product_id = l.product_id
          GROUP BY l.product_id, l.on_hand
        ) AS sums WHERE on_hand <> moved
        """,
    ),
    # One rule, because one pass over the ledger costs a tenth of the whole check. By the moments
    # the level at any time is told, so that they lie in the order of the balances.
    Rule(
        1,
        "each movement follows from the one before: its balance, and no earlier moment",
        """
        SELECT product_id, id, delta, balance_after, balance_before,
               CAST(at AS TEXT) AS at, CAST(before AS TEXT) AS before
        FROM (
          SELECT product_id, id, delta, balance_after, at,
                 LAG(balance_after, 1, 0) OVER by_product AS balance_before,
                 LAG(at) OVER by_product AS before
          FROM stock_movement WINDOW by_product AS (PARTITION BY product_id ORDER BY id)
        ) AS steps WHERE balance_after <> balance_before + delta OR at < before
        """,
    ),
    Rule(
        1,
        "reserved is the sum of its holds",
        """
        SELECT l.product_id, l.reserved, COALESCE(r.held, 0) AS held
        FROM stock_level l
        LEFT JOIN (
          SELECT product_id, SUM(quantity) AS held FROM reservation GROUP BY product_id
        ) AS r ON r.product_id = l.product_id
        WHERE l.reserved <> COALESCE(r.held, 0)
        """,
    ),
    Rule(
        1,
        "a hold is of a line in an open basket, and no more than the line",
        """
        SELECT r.id AS hold, c.uid AS cart, c.status, r.product_id, r.quantity, l.quantity AS line
        FROM reservation r
        JOIN cart c ON c.id = r.cart_id
        LEFT JOIN cart_line l ON l.cart_id = r.cart_id AND l.product_id = r.product_id
        WHERE c.status <> 'open' OR l.id IS NULL OR r.quantity > l.quantity
        """,
    ),
    # The longest that any setting allows: today's may have been lowered since a hold was made.
    # Beyond it lies what was made while the clock went ahead.
    Rule(
        1,
        "no hold ends later than the longest that a shop may keep one, or begins then",
        """
        SELECT id AS hold, product_id, cart_id, quantity, CAST(created_at AS TEXT) AS created_at,
               CAST(expires_at AS TEXT) AS expires_at
        FROM reservation WHERE expires_at > :farthest OR created_at > :farthest
        """,
        {"farthest": -FARTHEST_END},
    ),
    Rule(
        1,
        "where lots are kept on_hand is their sum, elsewhere they are empty",
        """
        SELECT l.product_id, l.on_hand, l.tracks_lots, COALESCE(lots.held, 0) AS in_lots
        FROM stock_level l
        LEFT JOIN (SELECT product_id, SUM(on_hand) AS held FROM lot GROUP BY product_id) AS lots
          ON lots.product_id = l.product_id
        WHERE COALESCE(lots.held, 0) <> CASE WHEN l.tracks_lots THEN l.on_hand ELSE 0 END
        """,
    ),
    Rule(
        1,
        "a lot holds the sum of its parts in movements",
        """
        SELECT id, on_hand, moved FROM (
          SELECT l.id, l.on_hand, COALESCE(SUM(m.delta), 0) AS moved
          FROM lot l LEFT JOIN lot_movement m ON m.lot_id = l.id GROUP BY l.id, l.on_hand
        ) AS sums WHERE on_hand <> moved
        """,
    ),
    Rule(
        1,
        "each part's balance follows from the one before",
        """
        SELECT id, lot_id, delta, balance_before, balance_after FROM (
          SELECT id, lot_id, delta, balance_after,
                 LAG(balance_after, 1, 0) OVER (PARTITION BY lot_id ORDER BY id) AS balance_before
          FROM lot_movement
        ) AS steps WHERE balance_after <> balance_before + delta
        """,
    ),
    # A movement that has none though lots were kept is found by the sums above.
    Rule(
        2,
        "a movement that has parts is their sum, in lots of its product",
        """
        SELECT m.id, m.product_id, m.delta, SUM(p.delta) AS parts
        FROM stock_movement m
        JOIN lot_movement p ON p.movement_id = m.id
        JOIN lot l ON l.id = p.lot_id
        GROUP BY m.id, m.product_id, m.delta
        HAVING SUM(p.delta) <> m.delta
            OR MIN(l.product_id) <> m.product_id OR MAX(l.product_id) <> m.product_id
        """,
    ),
    Rule(
        1,
        "every product has a stock level",
        "SELECT p.id, p.slug FROM product p LEFT JOIN stock_level l ON l.product_id = p.id "
        "WHERE l.product_id IS NULL",
    ),
    Rule(
        2,
        "each kind of movement goes its own way, sales and returns by an order line",
        """
        SELECT id, kind, delta, order_line_id FROM stock_movement
        WHERE (kind IN ('received', 'returned') AND delta <= 0)
           OR (kind IN ('sold', 'wasted') AND delta >= 0)
           OR (kind IN ('sold', 'returned')) <> (order_line_id IS NOT NULL)
        """,
    ),
    Rule(
        2,
        "what a transfer takes from one product it gives to another",
        """
        SELECT transfer_uid, COUNT(*) AS movements, SUM(delta) AS delta FROM stock_movement
        WHERE transfer_uid IS NOT NULL
        GROUP BY transfer_uid HAVING COUNT(*) <> 2 OR SUM(delta) <> 0
        """,
    ),
    Rule(
        2,
        "each order line was sold once, as much as was ordered",
        """
        SELECT l.id AS order_line, l.quantity, m.sales, m.delta
        FROM order_line l
        LEFT JOIN (
          SELECT order_line_id, COUNT(*) AS sales, SUM(delta) AS delta, MIN(product_id) AS product
          FROM stock_movement WHERE kind = 'sold' GROUP BY order_line_id
        ) AS m ON m.order_line_id = l.id
        WHERE m.sales IS NULL OR m.sales <> 1 OR m.delta <> -l.quantity
           OR m.product <> l.product_id
        """,
    ),
    Rule(
        2,
        "exactly the cancelled and returned orders gave their stock back",
        """
        SELECT l.id AS order_line, o.number, o.status, l.quantity, m.returns, m.delta
        FROM order_line l
        JOIN "order" o ON o.id = l.order_id
        LEFT JOIN (
          SELECT order_line_id, COUNT(*) AS returns, SUM(delta) AS delta,
                 MIN(product_id) AS product
          FROM stock_movement WHERE kind = 'returned' GROUP BY order_line_id
        ) AS m ON m.order_line_id = l.id
        WHERE (o.status IN ('cancelled', 'returned')) <> (m.returns IS NOT NULL)
           OR m.returns <> 1 OR m.delta <> l.quantity OR m.product <> l.product_id
        """,
    ),
)
