"""Facts that contradict each other, places with gaps, plans that were not kept."""

# ruff: noqa: S608 - the SQL of tests is made of their own constants

from tests.check.planting import Fault, fault

MILK = "(SELECT MIN(product_id) FROM planned_price WHERE status = 'applied')"
FACTS = f"UPDATE product SET {{}} WHERE id = {MILK}"
APPLIED = "(SELECT MIN(id) FROM planned_price WHERE status = 'applied')"
PLANNED = "(SELECT MIN(id) FROM planned_price WHERE status = 'planned')"
CANCELLED = "(SELECT MIN(id) FROM planned_price WHERE status = 'cancelled')"
LOG = "each end of a planned price is in the audit log, once"
BECAME = "a planned price that was applied began a price of its product then, and no other did"
HISTORY = "a product's price is the open end of its price history"
LIST = "allergens are of the fixed list, and none is both sure and possible"
PLACES = "a product's pictures have the places 0, 1, 2 and so on"
LATE = "what was planned is done an hour after its moment at the latest"

FAULTS: dict[str, tuple[Fault, ...]] = {
    LIST: (
        fault(FACTS.format('allergens = \'["gluten", "plutonium"]\'')),
        fault(FACTS.format("may_contain = '[\"milky\"]'")),
        fault(FACTS.format('may_contain = \'["nuts", "gluten"]\'')),
    ),
    "what a diet promises is kept by the allergens": (
        fault(FACTS.format("allergens = '[\"milk\"]'")),
        fault(FACTS.format("diet = '[\"Gluten-free\"]'")),
        fault(FACTS.format("diet = '[\"vegetarian\"]', allergens = '[\"fish\"]'")),
    ),
    "a category without a colour of its own has that of the one above it": (
        fault("UPDATE category SET well = 'blush' WHERE slug = 'teas'"),
        fault(
            "UPDATE category SET well = 'lilac' WHERE id = "
            "(SELECT parent_id FROM category WHERE slug = 'teas')"
        ),
    ),
    PLACES: (
        fault(f"UPDATE picture SET position = 2 WHERE product_id = {MILK} AND position = 1"),
        fault(f"DELETE FROM picture WHERE product_id = {MILK} AND position = 0"),
    ),
    BECAME: (
        fault(f"UPDATE planned_price SET price_id = NULL WHERE id = {APPLIED}"),
        fault(f"UPDATE planned_price SET amount_minor = 9901 WHERE id = {APPLIED}"),
        fault(
            "UPDATE price SET valid_from = '2020-01-01 00:00:00.000000+00:00' WHERE id = "
            f"(SELECT price_id FROM planned_price WHERE id = {APPLIED})"
        ),
        fault(
            "UPDATE planned_price SET price_id = (SELECT MIN(id) FROM price WHERE product_id <> "
            f"{MILK}) WHERE id = {APPLIED}"
        ),
        fault(
            "UPDATE planned_price SET price_id = (SELECT MIN(id) FROM price WHERE product_id = "
            f"{MILK}) WHERE id = {PLANNED}"
        ),
    ),
    LOG: (
        fault("DELETE FROM audit_event WHERE action = 'product_price_applied'"),
        fault(
            "UPDATE audit_event SET action = 'product_price_applied' "
            "WHERE action = 'product_price_plan_cancelled'"
        ),
        fault(
            f"UPDATE planned_price SET status = 'planned', ended_at = NULL WHERE id = {CANCELLED}"
        ),
    ),
    LATE: (
        fault(
            f"UPDATE planned_price SET due_at = '2026-01-01 00:00:00.000000' WHERE id = {PLANNED}"
        ),
        fault(
            "UPDATE product SET publish_at = '2026-01-01 00:00:00.000000' WHERE id = "
            "(SELECT MAX(id) FROM product)"
        ),
    ),
}
