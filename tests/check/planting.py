"""What a planted fault is, and SQL of which many are made; it runs on both databases.

A fault makes exactly its rule report rows, and the rules named in ``also``.
"""

# ruff: noqa: S608 - the SQL of tests is made of their own constants

from dataclasses import dataclass

PLACED = "(SELECT MIN(id) FROM \"order\" WHERE status = 'placed')"
COMPLETED = "(SELECT MIN(id) FROM \"order\" WHERE status = 'completed')"
CANCELLED = "(SELECT MIN(id) FROM \"order\" WHERE status = 'cancelled')"
GROUP = f'(SELECT group_id FROM "order" WHERE id = {PLACED})'
CART = f"(SELECT cart_id FROM order_group WHERE id = {GROUP})"
LINE = f"(SELECT MIN(id) FROM order_line WHERE order_id = {PLACED})"
SOLD = f"(SELECT product_id FROM order_line WHERE id = {LINE})"
RECEIVED = "(SELECT MIN(id) FROM stock_movement WHERE kind = 'received')"
CUSTOMER = f'(SELECT account_id FROM "order" WHERE id = {PLACED})'
STRANGER = f"(SELECT MIN(id) FROM account WHERE role = 'customer' AND id <> {CUSTOMER})"
STORE = f'(SELECT store_id FROM "order" WHERE id = {PLACED})'
OTHER_STORE = f"(SELECT MIN(id) FROM store WHERE id <> {STORE})"
DONE_JOB = "(SELECT MIN(id) FROM job WHERE status = 'done')"
CANCELLED_JOB = "(SELECT MIN(id) FROM job WHERE status = 'cancelled')"
INCIDENT = "(SELECT MIN(id) FROM incident)"
MANAGER = "(SELECT MIN(account_id) FROM membership)"


@dataclass(frozen=True)
class Fault:
    """``loosened`` names tables that lose their unique constraints first."""

    sql: tuple[str, ...]
    also: tuple[str, ...] = ()
    loosened: tuple[str, ...] = ()
    keeps_triggers: bool = False


def fault(*sql: str, also: tuple[str, ...] = (), loosened: tuple[str, ...] = ()) -> Fault:
    return Fault(sql, also, loosened)


def schema_fault(*sql: str) -> Fault:
    return Fault(sql, keeps_triggers=True)


def mail(kind: str, key: str) -> str:
    """``key`` is an SQL expression."""
    return (
        "INSERT INTO outbox (kind, dedupe_key, payload, state, attempt, doubts, next_at, "
        f"created_at) SELECT '{kind}', {key}, '{{}}', 'due', 0, 0, CURRENT_TIMESTAMP, "
        "CURRENT_TIMESTAMP"
    )


def deed(action: str, kind: str, key: str, after: str = "{}") -> str:
    """``key`` is an SQL expression."""
    return (
        "INSERT INTO audit_event (at, role, network, request_id, action, object_kind, object_key, "
        f"after) SELECT CURRENT_TIMESTAMP, '', '', '', '{action}', '{kind}', {key}, '{after}'"
    )


def answer(key: str, number: str) -> str:
    """An answer that was kept for the placing of an order."""
    return (
        "INSERT INTO idempotency "
        "(owner, key, fingerprint, rights, status, headers, body, created_at) "
        f"SELECT 'a:1', '{key}', '', '[]', 201, "
        f"'{{\"Location\": \"/api/v1/orders/{number}\"}}', '', "
        "CURRENT_TIMESTAMP"
    )


def movement(kind: str, sign: str) -> tuple[str, str]:
    """A movement of the placed order's line, ``sign`` + or -, and the level that follows."""
    return (
        "INSERT INTO stock_movement (product_id, kind, delta, balance_after, order_line_id, "
        f"reason, at) SELECT l.product_id, '{kind}', {sign}l.quantity, "
        # Not CURRENT_TIMESTAMP: on SQLite it has no fractions, and may lie before the last one.
        f"s.on_hand {sign}l.quantity, l.id, '', (SELECT MAX(at) FROM stock_movement) "
        "FROM order_line l "
        f"JOIN stock_level s ON s.product_id = l.product_id WHERE l.id = {LINE}",
        f"UPDATE stock_level SET on_hand = on_hand {sign}(SELECT quantity FROM order_line "
        f"WHERE id = {LINE}) WHERE product_id = {SOLD}",
    )
