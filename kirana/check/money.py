"""Statements 3, 4, 5 and 14: carts, orders and payments."""

from kirana.check.rule import Rule

RULES = (
    Rule(
        3,
        "a cart gives at most one order group",
        "SELECT cart_id, COUNT(*) AS groups FROM order_group GROUP BY cart_id HAVING COUNT(*) > 1",
    ),
    Rule(
        3,
        "exactly the ordered carts have an order group, of the same customer",
        """
        SELECT c.id AS cart, c.status, g.id AS order_group
        FROM cart c LEFT JOIN order_group g ON g.cart_id = c.id
        WHERE (c.status = 'ordered') <> (g.id IS NOT NULL) OR c.account_id <> g.account_id
        """,
    ),
    Rule(
        3,
        "every used idempotency key has its answer",
        "SELECT owner, key FROM idempotency WHERE status < 200 OR status > 399",
    ),
    Rule(
        4,
        "an order's total is its lines and charges",
        """
        SELECT o.number, o.total_minor, o.lines_minor, o.charges_minor,
               COALESCE(l.total, 0) AS lines, COALESCE(c.total, 0) AS charges
        FROM "order" o
        LEFT JOIN (SELECT order_id, SUM(total_minor) AS total FROM order_line GROUP BY order_id) l
          ON l.order_id = o.id
        LEFT JOIN (SELECT order_id, SUM(amount_minor) AS total FROM charge GROUP BY order_id) c
          ON c.order_id = o.id
        WHERE o.lines_minor <> COALESCE(l.total, 0) OR o.charges_minor <> COALESCE(c.total, 0)
           OR o.total_minor <> o.lines_minor + o.charges_minor
        """,
    ),
    Rule(
        4,
        "an order's tax is the tax of its lines",
        """
        SELECT o.number, o.tax_minor, l.tax FROM "order" o
        JOIN (SELECT order_id, SUM(tax_minor) AS tax FROM order_line GROUP BY order_id) l
          ON l.order_id = o.id
        WHERE o.tax_minor <> l.tax
        """,
    ),
    Rule(
        4,
        "a line is its price times its quantity, rounded half up once",
        """
        SELECT id, price_minor, quantity, price_per, total_minor FROM order_line
        WHERE total_minor <> (2 * price_minor * quantity + price_per) / (2 * price_per)
        """,
    ),
    Rule(
        4,
        "a group is the sum of its orders, and has at least one",
        """
        SELECT g.uid, g.total_minor, COALESCE(SUM(o.total_minor), -1) AS orders
        FROM order_group g LEFT JOIN "order" o ON o.group_id = g.id
        GROUP BY g.id, g.uid, g.total_minor
        HAVING g.total_minor <> COALESCE(SUM(o.total_minor), -1)
        """,
    ),
    Rule(
        4,
        "an order belongs to its group's customer and has at least one line",
        """
        SELECT o.number FROM "order" o JOIN order_group g ON g.id = o.group_id
        WHERE o.account_id <> g.account_id
           OR NOT EXISTS (SELECT 1 FROM order_line l WHERE l.order_id = o.id)
        """,
    ),
    Rule(
        5,
        "each order has one payment over its total",
        """
        SELECT o.number, o.total_minor, p.amount_minor
        FROM "order" o LEFT JOIN payment p ON p.order_id = o.id
        WHERE p.id IS NULL OR p.amount_minor <> o.total_minor OR p.currency <> o.currency
        """,
    ),
    Rule(
        5,
        "a payment is what its events say",
        """
        SELECT p.uid, p.status, p.captured_minor, p.refunded_minor, e.captured, e.refunded
        FROM payment p
        LEFT JOIN (
          SELECT payment_id,
                 SUM(CASE WHEN kind = 'captured' THEN amount_minor ELSE 0 END) AS captured,
                 SUM(CASE WHEN kind = 'refunded' THEN amount_minor ELSE 0 END) AS refunded
          FROM payment_event GROUP BY payment_id
        ) e ON e.payment_id = p.id
        WHERE p.captured_minor <> COALESCE(e.captured, 0)
           OR p.refunded_minor <> COALESCE(e.refunded, 0)
           OR p.captured_minor - p.refunded_minor > p.amount_minor
        """,
    ),
    Rule(
        5,
        "handed-over orders are paid in full, cancelled ones not at all",
        """
        SELECT o.number, o.status, p.captured_minor, p.refunded_minor
        FROM "order" o JOIN payment p ON p.order_id = o.id
        WHERE (o.status IN ('handed_over', 'completed')
               AND p.captured_minor - p.refunded_minor <> o.total_minor)
           OR (o.status IN ('cancelled', 'returned') AND p.captured_minor <> p.refunded_minor)
        """,
    ),
    Rule(
        14,
        "an order, its group and its customer's month agree on one moment",
        """
        SELECT o.number, o.placed_at, g.placed_at AS group_placed_at
        FROM "order" o JOIN order_group g ON g.id = o.group_id
        WHERE o.placed_at <> g.placed_at
        """,
    ),
)
