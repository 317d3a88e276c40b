"""Statement 2 of dated goods: a lot is for sale until its day is over, and not a moment longer."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from kirana.check.rule import Rule
from kirana.platform import clock

# Without dates so far out that no calendar knows them: they are wrong whatever the zone.
_DATED = text(
    """
    SELECT l.id, s.zone, l.best_before, l.sold_until
    FROM lot l JOIN product p ON p.id = l.product_id JOIN store s ON s.id = p.store_id
    WHERE l.best_before BETWEEN '1000-01-01' AND '8999-12-31'
      AND l.sold_until BETWEEN '1000-01-01' AND '8999-12-31'
    """
)


def misdated(connection: Connection) -> dict[str, None]:
    """The ids of the lots that are not sold until the midnight that ends their best-before day.

    In their store's zone, whose midnights no SQL knows as the shop does that wrote them.
    """
    known: dict[tuple[Any, ...], bool] = {}  # many lots share a day
    found: dict[str, None] = {}
    for lot, *dates in connection.execute(_DATED):
        case = tuple(dates)
        if case not in known:
            known[case] = _is_its_end(*case)
        if not known[case]:
            found[str(lot)] = None
    return found


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
        """
        SELECT l.id, l.code, CAST(l.best_before AS TEXT) AS best_before,
               CAST(l.sold_until AS TEXT) AS sold_until
        FROM lot l
        WHERE CAST(l.id AS TEXT) IN (SELECT key FROM json_each(:misdated))
           OR (l.best_before IS NULL) <> (l.sold_until IS NULL)
           OR l.best_before NOT BETWEEN '1000-01-01' AND '8999-12-31'
           OR l.sold_until NOT BETWEEN '1000-01-01' AND '8999-12-31'
        """,
        {"misdated": misdated},
    ),
    # An order's moment is never after that at which its goods were looked at; the ledger's may be,
    # by a wait for a lock, but not by a day, unless the clock was ahead when the one before moved.
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
           OR (SUBSTR(CAST(m.at AS TEXT), 1, 10) > SUBSTR(CAST(l.sold_until AS TEXT), 1, 10)
               AND NOT EXISTS (SELECT 1 FROM stock_movement b WHERE b.product_id = m.product_id
                               AND b.id < m.id AND b.at >= m.at))
        """,
    ),
)
