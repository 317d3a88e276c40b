"""Statement 2 of dated goods: a lot is for sale until its day is over, and not a moment longer."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from kirana.check.rule import Rule
from kirana.platform import clock

# Dates outside are wrong whatever the zone, and may be such as no calendar knows.
_THINKABLE = "BETWEEN '1000-01-01' AND '8999-12-31'"
_DATED = f"""
    FROM lot l JOIN product p ON p.id = l.product_id JOIN store s ON s.id = p.store_id
    WHERE l.best_before {_THINKABLE} AND l.sold_until {_THINKABLE}
"""


def misdated(connection: Connection) -> dict[str, None]:
    """The ids of the lots that are not sold until the midnight that ends their best-before day.

    In their store's zone, whose midnights no SQL knows as the shop does that wrote them.
    """
    dates = "l.best_before, l.sold_until"
    asked = connection.execute(text(f"SELECT DISTINCT s.zone, {dates} {_DATED}"))
    wrong = {tuple(row) for row in asked if not _is_its_end(*row)}
    if not wrong:
        return {}
    lots = connection.execute(text(f"SELECT l.id, s.zone, {dates} {_DATED}"))
    return {str(row.id): None for row in lots if tuple(row)[1:] in wrong}


def _is_its_end(zone: str, best_before: Any, sold_until: Any) -> bool:
    """Whether ``sold_until`` ends ``best_before`` in ``zone``; SQLite gives both as text."""
    try:
        day = date.fromisoformat(best_before) if isinstance(best_before, str) else best_before
        is_text = isinstance(sold_until, str)
        moment = datetime.fromisoformat(sold_until) if is_text else sold_until
        ends = clock.local_midnight(day + timedelta(days=1), ZoneInfo(zone))
    except (ValueError, KeyError, OSError):  # no date, no zone
        return False
    return ends == (moment if moment.tzinfo else moment.replace(tzinfo=UTC))


RULES = (
    Rule(
        2,
        "a lot is sold until the midnight that ends its day where its store is",
        f"""
        SELECT l.id, l.code, CAST(l.best_before AS TEXT) AS best_before,
               CAST(l.sold_until AS TEXT) AS sold_until
        FROM lot l
        WHERE CAST(l.id AS TEXT) IN (SELECT key FROM json_each(:misdated))
           OR (l.best_before IS NULL) <> (l.sold_until IS NULL)
           OR l.best_before NOT {_THINKABLE} OR l.sold_until NOT {_THINKABLE}
        """,  # noqa: S608 - constants of this module
        {"misdated": misdated},
    ),
    # An order's moment is never after that at which its goods were looked at; the ledger's may be,
    # by a wait for a lock, but not by a day.
    Rule(
        2,
        "nothing past its date was sold",
        """
        SELECT o.number, p.lot_id, CAST(l.sold_until AS TEXT) AS sold_until,
               CAST(o.placed_at AS TEXT) AS placed_at, CAST(m.at AS TEXT) AS at
        FROM lot_movement p
        JOIN lot l ON l.id = p.lot_id
        JOIN stock_movement m ON m.id = p.movement_id AND m.kind = 'sold'
        JOIN order_line i ON i.id = m.order_line_id JOIN "order" o ON o.id = i.order_id
        WHERE o.placed_at >= l.sold_until
           OR SUBSTR(CAST(m.at AS TEXT), 1, 10) > SUBSTR(CAST(l.sold_until AS TEXT), 1, 10)
        """,
    ),
)
