"""Statements 4 and 11 about the catalogue: facts that agree, places without gaps, plans kept."""

# ruff: noqa: S608 - the SQL of rules is made of their own constants

from datetime import timedelta

from kirana.catalog.facts import ALLERGENS, WITHOUT
from kirana.check.rule import Rule

# A sweep does what is due every half minute; workers may be away for a while.
LATE = timedelta(hours=1)


def _has(column: str, word: str) -> str:
    return f"LOWER(CAST({column} AS TEXT)) LIKE '%\"{word}\"%'"


def _foreign(column: str) -> str:
    """Whether something is left of a list when the allergens that we know are taken out."""
    bare = f"CAST({column} AS TEXT)"
    for name in ALLERGENS:
        bare = f"REPLACE({bare}, '\"{name}\"', '')"
    return f"TRIM({bare}, '[], ') <> ''"


_BOTH = " OR ".join(f"({_has('allergens', x)} AND {_has('may_contain', x)})" for x in ALLERGENS)
_BROKEN = " OR ".join(
    f"({_has('diet', diet)} AND ({' OR '.join(_has('allergens', name) for name in names)}))"
    for diet, names in WITHOUT.items()
)

RULES = (
    Rule(
        11,
        "allergens are of the fixed list, and none is both sure and possible",
        f"""
        SELECT slug, allergens, may_contain FROM product
        WHERE {_foreign("allergens")} OR {_foreign("may_contain")} OR {_BOTH}
        """,
    ),
    Rule(
        11,
        "what a diet promises is kept by the allergens",
        f"SELECT slug, diet, allergens FROM product WHERE {_BROKEN}",
    ),
    Rule(
        11,
        "a category without a colour of its own has that of the one above it",
        """
        SELECT c.slug, c.well, a.well AS above FROM category c
        JOIN category a ON a.id = c.parent_id
        WHERE NOT c.own_well AND c.well <> a.well
        """,
    ),
    Rule(
        11,
        "a product's pictures have the places 0, 1, 2 and so on",
        """
        SELECT product_id, COUNT(*) AS pictures, MIN(position) AS first, MAX(position) AS last
        FROM picture GROUP BY product_id
        HAVING MIN(position) <> 0 OR MAX(position) <> COUNT(*) - 1
        """,
    ),
    Rule(
        4,
        "a planned price that was applied began a price of its product then, and no other did",
        """
        SELECT n.uid, n.status, n.ended_at, p.valid_from, n.amount_minor, p.amount_minor AS became
        FROM planned_price n LEFT JOIN price p ON p.id = n.price_id
        WHERE (n.status = 'applied') <> (n.price_id IS NOT NULL)
           OR (n.price_id IS NOT NULL AND (p.id IS NULL OR p.product_id <> n.product_id
               OR p.amount_minor <> n.amount_minor OR p.valid_from <> n.ended_at))
        """,
    ),
    Rule(
        4,
        "each end of a planned price is in the audit log, once",
        """
        SELECT n.uid, n.status, COUNT(e.id) AS deeds FROM planned_price n
        LEFT JOIN audit_event e ON e.object_kind = 'product' AND e.after ->> 'plan' = n.uid
         AND e.action IN ('product_price_applied', 'product_price_plan_cancelled')
        GROUP BY n.id, n.uid, n.status
        HAVING COUNT(e.id) <> CASE n.status WHEN 'planned' THEN 0 ELSE 1 END
            OR (n.status <> 'planned' AND MAX(e.action) <> CASE n.status
                WHEN 'applied' THEN 'product_price_applied'
                ELSE 'product_price_plan_cancelled' END)
        """,
    ),
    Rule(
        4,
        "what was planned is done an hour after its moment at the latest",
        """
        SELECT 'price' AS plan, uid AS of_it, due_at FROM planned_price
        WHERE status = 'planned' AND due_at < :long_ago
        UNION ALL
        SELECT 'publishing', slug, publish_at FROM product WHERE publish_at < :long_ago
        """,
        {"long_ago": LATE},
    ),
)
