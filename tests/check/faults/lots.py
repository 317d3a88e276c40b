"""Lots that are for sale for longer than their date says, and sales of what was over."""

# ruff: noqa: S608 - the SQL of tests is made of their own constants

from tests.check.planting import Fault, fault

ENDS = "a lot is sold until the midnight that ends its day where its store is"
IN_DATE = "nothing past its date was sold"
# The lot that an order line was sold from, its sale, and the sale's order.
SALE = (
    "(SELECT MIN(p.movement_id) FROM lot_movement p JOIN stock_movement m ON m.id = p.movement_id "
    "WHERE m.kind = 'sold')"
)
LOT = f"(SELECT MIN(lot_id) FROM lot_movement WHERE movement_id = {SALE})"
GOODS = f"(SELECT product_id FROM lot WHERE id = {LOT})"
OF_LOT = f"UPDATE lot SET {{}} WHERE id = {LOT}"

FAULTS: dict[str, tuple[Fault, ...]] = {
    ENDS: (
        fault(OF_LOT.format("sold_until = '2099-01-01 00:00:00+00'")),
        fault(OF_LOT.format("best_before = '2020-01-01'")),
        fault(OF_LOT.format("best_before = '9999-12-31'")),
        fault(OF_LOT.format("best_before = NULL")),
        fault("UPDATE store SET zone = 'Pacific/Auckland' WHERE zone = 'Asia/Kolkata'"),
        fault("UPDATE store SET zone = 'Nowhere/Never'"),
    ),
    IN_DATE: (
        fault(OF_LOT.format("best_before = '2020-01-01', sold_until = '2020-01-01 18:30:00+00'")),
        fault(
            "UPDATE stock_movement SET at = '2999-01-01 00:00:00+00' "
            f"WHERE product_id = {GOODS} AND id >= {SALE}"
        ),
    ),
}
