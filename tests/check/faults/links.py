"""Rows that point nowhere, and a schema that would let them."""

# ruff: noqa: S608 - the SQL of tests is made of their own constants

from tests.check.planting import SOLD, Fault, fault, schema_fault

FAULTS: dict[str, tuple[Fault, ...]] = {
    "no row points to a missing row": (
        fault(
            "UPDATE cart_line SET product_id = 987654321 WHERE cart_id = "
            "(SELECT MIN(cart_id) FROM cart_line JOIN cart ON cart.id = cart_id "
            "WHERE cart.status = 'open')",
            also=("a hold is of a line in an open basket, and no more than the line",),
        ),
        fault("UPDATE session SET account_id = 987654321"),
        fault("UPDATE category_request SET requester_id = 987654321"),
    ),
    "every foreign key is enforced (SQLite)": (
        schema_fault(
            "DROP TABLE charge",
            "CREATE TABLE charge (id INTEGER PRIMARY KEY, order_id INTEGER, kind TEXT, "
            "label TEXT, amount_minor INTEGER)",
        ),
    ),
    "every foreign key is enforced (PostgreSQL)": (
        schema_fault("ALTER TABLE charge DROP CONSTRAINT fk_charge_order_id"),
        schema_fault(
            "ALTER TABLE charge DROP CONSTRAINT fk_charge_order_id",
            "ALTER TABLE charge ADD CONSTRAINT fk_charge_order_id FOREIGN KEY (order_id) "
            'REFERENCES "order" (id) NOT VALID',
        ),
    ),
    "the category tree has no cycle": (
        fault(
            f"UPDATE category SET parent_id = id WHERE id = (SELECT category_id FROM product "
            f"WHERE id = {SOLD})"
        ),
        fault(
            "UPDATE category SET parent_id = (SELECT MAX(id) FROM category WHERE parent_id "
            "IS NOT NULL) WHERE id = (SELECT MAX(parent_id) FROM category)"
        ),
    ),
}
