"""Statements 3, 4, 5 and 14: prices, carts, orders and payments."""

from kirana.check.rule import Rule

RULES = (
    Rule(
        3,
        "a cart gives at most one order group",
        "SELECT cart_id, COUNT(*) AS groups FROM order_group GROUP BY cart_id HAVING COUNT(*) > 1",
    ),
    Rule(
        3,
        "an account has at most one open basket, and a guest too",
        """
        SELECT account_id, guest_hash, COUNT(*) AS baskets FROM cart WHERE status = 'open'
        GROUP BY account_id, guest_hash HAVING COUNT(*) > 1
        """,
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
        "an order group holds what its cart held",
        """
        SELECT cart_id, product_id, SUM(held) AS held, SUM(ordered) AS ordered FROM (
          SELECT l.cart_id, l.product_id, l.quantity AS held, 0 AS ordered
          FROM cart_line l JOIN cart c ON c.id = l.cart_id WHERE c.status = 'ordered'
          UNION ALL
          SELECT g.cart_id, l.product_id, 0, l.quantity FROM order_group g
          JOIN "order" o ON o.group_id = g.id JOIN order_line l ON l.order_id = o.id
        ) AS sums GROUP BY cart_id, product_id HAVING SUM(held) <> SUM(ordered)
        """,
    ),
    Rule(
        3,
        "a group has one order for each of its stores",
        """
        SELECT group_id, store_id, COUNT(*) AS orders FROM "order"
        GROUP BY group_id, store_id HAVING COUNT(*) > 1
        """,
    ),
    Rule(
        3,
        "every used idempotency key has its answer",
        "SELECT owner, key FROM idempotency WHERE status < 200 OR status > 399",
    ),
    Rule(
        3,
        "an idempotency key is used once",
        "SELECT owner, key, COUNT(*) AS uses FROM idempotency GROUP BY owner, key "
        "HAVING COUNT(*) > 1",
    ),
    Rule(
        3,
        "no order is the answer to two keys",
        """
        SELECT headers ->> 'Location' AS location, COUNT(*) AS keys FROM idempotency
        WHERE status = 201 AND headers ->> 'Location' LIKE '/api/v1/orders/%'
        GROUP BY headers ->> 'Location' HAVING COUNT(*) > 1
        """,
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
        "a line's tax is within its total, or on top where it was charged; rounded half up once",
        """
        SELECT l.id, l.total_minor, l.tax_basis_points, l.tax_minor FROM order_line l
        LEFT JOIN (SELECT DISTINCT order_id FROM charge WHERE kind = 'tax') t
          ON t.order_id = l.order_id
        WHERE l.tax_minor <> CASE WHEN t.order_id IS NULL
          THEN (2 * l.total_minor * l.tax_basis_points + 10000 + l.tax_basis_points)
               / (2 * (10000 + l.tax_basis_points))
          ELSE (2 * l.total_minor * l.tax_basis_points + 10000) / 20000 END
        """,
    ),
    Rule(
        4,
        "tax that was charged is the tax of the lines",
        """
        SELECT o.number, o.tax_minor, t.charged FROM "order" o
        JOIN (SELECT order_id, SUM(amount_minor) AS charged FROM charge
              WHERE kind = 'tax' GROUP BY order_id) t ON t.order_id = o.id
        WHERE o.tax_minor <> t.charged
        """,
    ),
    Rule(
        4,
        "a line's price was once its product's price",
        """
        SELECT l.id, l.product_id, l.price_minor FROM order_line l
        LEFT JOIN (SELECT DISTINCT product_id, amount_minor FROM price) p
          ON p.product_id = l.product_id AND p.amount_minor = l.price_minor
        WHERE p.product_id IS NULL
        """,
    ),
    Rule(
        4,
        "a product's price is the open end of its price history",
        """
        SELECT g.slug, g.price_minor, p.amount_minor FROM product g
        LEFT JOIN price p ON p.product_id = g.id AND p.valid_until IS NULL
        WHERE p.id IS NULL OR p.amount_minor <> g.price_minor
        """,
    ),
    Rule(
        4,
        "an order's lines are goods of its store",
        """
        SELECT o.number, l.id AS order_line FROM order_line l
        JOIN "order" o ON o.id = l.order_id JOIN product p ON p.id = l.product_id
        WHERE p.store_id <> o.store_id
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
        "an order belongs to its group's customer, in its currency, and has at least one line",
        """
        SELECT o.number FROM "order" o JOIN order_group g ON g.id = o.group_id
        WHERE o.account_id <> g.account_id OR o.currency <> g.currency
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
        "a payment's sums are those of its events",
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
        """,
    ),
    Rule(
        5,
        "refunded <= captured, and captured - refunded <= total",
        """
        SELECT uid, amount_minor, captured_minor, refunded_minor FROM payment
        WHERE refunded_minor < 0 OR refunded_minor > captured_minor
           OR captured_minor - refunded_minor > amount_minor
        """,
    ),
    Rule(
        5,
        "handed-over orders are paid in full, and with cash no others at all",
        """
        SELECT o.number, o.status, p.captured_minor, p.refunded_minor
        FROM "order" o JOIN payment p ON p.order_id = o.id
        WHERE (o.status IN ('handed_over', 'completed')
               AND p.captured_minor - p.refunded_minor <> o.total_minor)
           OR (o.status NOT IN ('handed_over', 'completed')
               AND p.method = 'cash' AND p.captured_minor <> p.refunded_minor)
        """,
    ),
    Rule(
        5,
        "a cancelled or returned order's payment is void",
        """
        SELECT o.number, o.status, p.status AS payment
        FROM "order" o JOIN payment p ON p.order_id = o.id
        WHERE o.status IN ('cancelled', 'returned') AND p.status NOT IN ('voided', 'refunded')
        """,
    ),
    Rule(
        14,
        "an order, its group and its history agree on the moment that decides its month",
        """
        SELECT o.number, o.placed_at, g.placed_at AS of_group, e.at AS of_history
        FROM "order" o JOIN order_group g ON g.id = o.group_id
        LEFT JOIN order_event e ON e.order_id = o.id AND e.from_status IS NULL
        WHERE o.placed_at <> g.placed_at OR o.placed_at <> e.at
        """,
    ),
    Rule(
        14,
        "the months of a customer's reports sum to no more than all their orders",
        """
        SELECT a.uid, months.orders AS in_reports, COUNT(o.id) AS orders FROM (
          SELECT account_id, SUM(CAST(figures ->> 'orders' AS INTEGER)) AS orders,
                 SUM(CAST(figures ->> 'spend_minor' AS BIGINT)) AS spend
          FROM report_delivery GROUP BY account_id
        ) AS months JOIN account a ON a.id = months.account_id
        LEFT JOIN "order" o ON o.account_id = months.account_id
        GROUP BY a.uid, months.orders, months.spend
        HAVING months.orders > COUNT(o.id) OR months.spend > COALESCE(SUM(o.total_minor), 0)
        """,
    ),
)
