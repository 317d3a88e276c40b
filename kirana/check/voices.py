"""Statement 16: what is said of goods is said by who has had them, and counted as it is shown."""

from kirana.check.rule import Rule

RULES = (
    Rule(
        16,
        "what a product shows of its reviews is the sum of those that are shown",
        """
        SELECT p.slug, p.review_count, p.stars_sum, r.reviews, r.stars FROM product p
        LEFT JOIN (
          SELECT product_id, COUNT(*) AS reviews, SUM(stars) AS stars
          FROM review WHERE status = 'shown' GROUP BY product_id
        ) AS r ON r.product_id = p.id
        WHERE p.review_count <> COALESCE(r.reviews, 0) OR p.stars_sum <> COALESCE(r.stars, 0)
        """,
    ),
    Rule(
        16,
        "each review is by somebody who has had the product",
        """
        SELECT r.uid, r.product_id FROM review r WHERE NOT EXISTS (
          SELECT 1 FROM "order" o JOIN order_line l ON l.order_id = o.id
          WHERE o.account_id = r.account_id AND l.product_id = r.product_id
            AND o.status IN ('handed_over', 'completed') AND l.status = 'picked'
        )
        """,
    ),
    Rule(
        16,
        "an answer stands under what was shown",
        "SELECT uid, status FROM review WHERE answer <> '' AND status NOT IN ('shown', 'hidden')",
    ),
    Rule(
        13,
        "what is bought together tells of no fewer than five customers",
        "SELECT product_id, other_id, customers FROM product_pair "
        "WHERE customers < 5 OR product_id = other_id",
    ),
    Rule(
        13,
        "nothing of a closed account is left in lists, favourites and reviews",
        """
        SELECT a.uid FROM account a WHERE a.status = 'closed' AND (
          EXISTS (SELECT 1 FROM favourite f WHERE f.account_id = a.id)
          OR EXISTS (SELECT 1 FROM shopping_list s WHERE s.account_id = a.id)
          OR EXISTS (SELECT 1 FROM list_line l WHERE l.added_by = a.id)
          OR EXISTS (SELECT 1 FROM review r WHERE r.account_id = a.id)
          OR EXISTS (SELECT 1 FROM review_report p WHERE p.account_id = a.id)
        )
        """,
    ),
)
