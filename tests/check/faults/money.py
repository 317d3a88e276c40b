"""Carts, orders and payments that do not agree."""

# ruff: noqa: S608 - the SQL of tests is made of their own constants

from tests.check.planting import (
    CANCELLED,
    CART,
    COMPLETED,
    GROUP,
    LINE,
    PLACED,
    SOLD,
    STRANGER,
    Fault,
    answer,
    fault,
    schema_fault,
)

SUM = "a group is the sum of its orders, and has at least one"
HELD = "an order group holds what its cart held"
GOODS = "an order's lines are goods of its store"
ONCE_ITS_PRICE = "a line's price was once its product's price"
EVENTS = "a payment's sums are those of its events"
PAID = "handed-over orders are paid in full, and with cash no others at all"
LINE_TAX = "a line's tax is within its total, or on top where it was charged; rounded half up once"
ORDER = f'UPDATE "order" SET {{}} WHERE id = {PLACED}'
A_LINE = f"UPDATE order_line SET {{}} WHERE id = {LINE}"
DUE = f"UPDATE payment SET {{}} WHERE order_id = {PLACED}"
TAKEN = f"UPDATE payment SET {{}} WHERE order_id = {COMPLETED}"
TAKEN_EVENT = (
    "UPDATE payment_event SET {} WHERE kind = 'captured' AND payment_id = "
    f"(SELECT id FROM payment WHERE order_id = {COMPLETED})"
)
VOID = f"(SELECT id FROM payment WHERE order_id = {CANCELLED})"
REPORTED = "UPDATE report_delivery SET figures = '{{{}}}'"
TWO_STORES = (
    '(SELECT MIN(group_id) FROM "order" WHERE group_id IN '
    '(SELECT group_id FROM "order" GROUP BY group_id HAVING COUNT(*) = 2))'
)

OPEN_CART = (
    "INSERT INTO cart (status, version, updated_at, created_at, uid, account_id, guest_hash) "
    "SELECT 'open', 1, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, {} "
)

FAULTS: dict[str, tuple[Fault, ...]] = {
    "a cart gives at most one order group": (
        fault(
            "INSERT INTO order_group (uid, account_id, cart_id, total_minor, currency, name, "
            "phone, street, city, postcode, note, placed_at) SELECT 'twin', account_id, cart_id, "
            "total_minor, currency, name, phone, street, city, postcode, note, placed_at "
            f"FROM order_group WHERE id = {GROUP}",
            also=(SUM,),
            loosened=("order_group",),
        ),
    ),
    "an account has at most one open basket, and a guest too": (
        schema_fault(
            "DROP INDEX uq_cart_open_of_account",
            OPEN_CART.format("'second', account_id, NULL FROM cart WHERE status = 'open'"),
        ),
        schema_fault(
            "DROP INDEX uq_cart_open_of_guest",
            OPEN_CART.format("'first', NULL, 'a-hash'"),
            OPEN_CART.format("'second', NULL, 'a-hash'"),
        ),
    ),
    "exactly the ordered carts have an order group, of the same customer": (
        fault(f"UPDATE cart SET account_id = {STRANGER} WHERE id = {CART}"),
        fault(f"UPDATE cart SET status = 'abandoned' WHERE id = {CART}", also=(HELD,)),
        fault(
            "INSERT INTO cart (uid, account_id, status, version, updated_at, created_at) "
            f"SELECT 'lost', {STRANGER}, 'ordered', 1, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP"
        ),
    ),
    HELD: (
        fault(f"UPDATE cart_line SET quantity = quantity + 1 WHERE cart_id = {CART}"),
        fault(f"DELETE FROM cart_line WHERE cart_id = {CART}"),
    ),
    "a group has one order for each of its stores": (
        fault(
            f'UPDATE "order" SET store_id = (SELECT MIN(store_id) FROM "order" '
            f"WHERE group_id = {TWO_STORES}) WHERE group_id = {TWO_STORES}",
            also=(GOODS,),
            loosened=("order",),
        ),
    ),
    "every used idempotency key has its answer": (
        fault("UPDATE idempotency SET status = 0"),
        fault("UPDATE idempotency SET status = 500"),
    ),
    "an idempotency key is used once": (
        fault(
            "INSERT INTO idempotency "
            "(owner, key, fingerprint, rights, status, headers, body, created_at) SELECT "
            "owner, key, fingerprint, rights, status, headers, body, created_at FROM idempotency",
            loosened=("idempotency",),
        ),
    ),
    "no order is the answer to two keys": (
        fault(
            answer("one", "NOSUCH0000"),
            answer("two", "NOSUCH0000"),
            also=("an order that a kept answer names exists",),
        ),
    ),
    "an order's total is its lines and charges": (
        fault(
            "INSERT INTO charge (order_id, kind, label, amount_minor) "
            f"SELECT {PLACED}, 'delivery', 'Delivery', 4000"
        ),
        fault(ORDER.format("lines_minor = lines_minor + 1")),
        fault(ORDER.format("charges_minor = 1")),
        fault(
            ORDER.format("total_minor = total_minor + 1"),
            f"UPDATE order_group SET total_minor = total_minor + 1 WHERE id = {GROUP}",
            DUE.format("amount_minor = amount_minor + 1"),
        ),
    ),
    "an order's tax is the tax of its lines": (fault(ORDER.format("tax_minor = tax_minor + 1")),),
    "a line is its price times its quantity, rounded half up once": (
        fault(A_LINE.format("price_per = 7")),
        fault(A_LINE.format("price_minor = price_minor + 1"), also=(ONCE_ITS_PRICE,)),
    ),
    LINE_TAX: (fault(A_LINE.format("tax_basis_points = 0")),),
    "tax that was charged is the tax of the lines": (
        fault(
            "INSERT INTO charge (order_id, kind, label, amount_minor) "
            f"SELECT {PLACED}, 'tax', 'Tax 5 %', 1 UNION ALL "
            f"SELECT {PLACED}, 'discount', 'A gift', -1",
            also=(LINE_TAX,),
        ),
    ),
    ONCE_ITS_PRICE: (
        fault(
            f"UPDATE price SET amount_minor = amount_minor + 1 WHERE product_id = {SOLD}",
            f"UPDATE product SET price_minor = price_minor + 1 WHERE id = {SOLD}",
        ),
    ),
    "a product's price is the open end of its price history": (
        fault(f"UPDATE product SET price_minor = price_minor + 1 WHERE id = {SOLD}"),
        fault(f"UPDATE price SET valid_until = valid_from WHERE product_id = {SOLD}"),
    ),
    GOODS: (
        fault(
            "UPDATE product SET store_id = (SELECT MIN(id) FROM store WHERE id <> store_id) "
            f"WHERE id = {SOLD}"
        ),
    ),
    SUM: (
        fault(f"UPDATE order_group SET total_minor = total_minor + 1 WHERE id = {GROUP}"),
        fault(
            "INSERT INTO cart (uid, account_id, status, version, updated_at, created_at) "
            f"SELECT 'lost', {STRANGER}, 'ordered', 1, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP",
            "INSERT INTO order_group (uid, account_id, cart_id, total_minor, currency, name, "
            "phone, street, city, postcode, note, placed_at) SELECT 'empty', account_id, id, 0, "
            "'INR', '', '', '', '', '', '', CURRENT_TIMESTAMP FROM cart WHERE uid = 'lost'",
        ),
    ),
    "an order belongs to its group's customer, in its currency, and has at least one line": (
        fault(ORDER.format(f"account_id = {STRANGER}")),
        fault(ORDER.format("currency = 'USD'"), DUE.format("currency = 'USD'")),
    ),
    "each order has one payment over its total": (
        fault(DUE.format("amount_minor = amount_minor + 1")),
        fault(DUE.format("currency = 'USD'")),
        fault(f"DELETE FROM payment WHERE order_id = {PLACED}"),
    ),
    EVENTS: (fault(TAKEN_EVENT.format("amount_minor = 0")),),
    "refunded <= captured, and captured - refunded <= total": (
        fault(DUE.format("refunded_minor = 5"), also=(EVENTS, PAID)),
        fault(
            TAKEN.format("captured_minor = captured_minor + 5"),
            TAKEN_EVENT.format("amount_minor = amount_minor + 5"),
            also=(PAID,),
        ),
    ),
    PAID: (
        fault(TAKEN.format("captured_minor = 0"), TAKEN_EVENT.format("amount_minor = 0")),
        fault(
            DUE.format("captured_minor = amount_minor, status = 'captured'"),
            "INSERT INTO payment_event (event_key, payment_id, kind, amount_minor, at) "
            "SELECT 'early', id, 'captured', amount_minor, CURRENT_TIMESTAMP FROM payment "
            f"WHERE order_id = {PLACED}",
        ),
    ),
    "a cancelled or returned order's payment is void": (
        fault(
            f"DELETE FROM payment_event WHERE payment_id = {VOID}",
            f"UPDATE payment SET status = 'due' WHERE id = {VOID}",
        ),
    ),
    "an order, its group and its history agree on the moment that decides its month": (
        fault(f"UPDATE order_group SET placed_at = '2026-01-31 23:59:59' WHERE id = {GROUP}"),
        fault(f"UPDATE order_event SET at = '2026-01-31 23:59:59' WHERE order_id = {PLACED}"),
    ),
    "the months of a customer's reports sum to no more than all their orders": (
        fault(REPORTED.format('"orders": 99')),
        fault(REPORTED.format('"spend_minor": 99000000')),
    ),
}
