"""Statement 15: a status history is a path through its table of moves and ends at the status."""

from collections.abc import Iterable

from kirana.accounts.states import ACCOUNT_MOVES
from kirana.catalog.states import PRODUCT_MOVES
from kirana.check.rule import Rule
from kirana.jobs.states import JOB_MOVES
from kirana.orders.states import ORDER_MOVES
from kirana.oversight.states import INCIDENT_MOVES
from kirana.payments.states import AFTER, PAYMENT_MOVES
from kirana.platform.states import Moves
from kirana.reviews.states import REVIEW_MOVES
from kirana.stores.states import STORE_MOVES


def _rules(table: str, events: str, link: str, moves: Moves) -> tuple[Rule, Rule]:
    """A path that connects, moves that are legal, and an end at the current status.

    Names come from this module alone, never from input.
    """
    legal = _pairs((old, new) for old, news in moves.items() for new in news)
    path = f"""
        SELECT {link} AS thing, id AS event, from_status, to_status, before FROM (
          SELECT {link}, id, from_status, to_status,
                 LAG(to_status) OVER (PARTITION BY {link} ORDER BY id) AS before
          FROM {events}
        ) AS steps
        WHERE COALESCE(from_status, '') <> COALESCE(before, '')
           OR (from_status IS NOT NULL AND (from_status, to_status) NOT IN (VALUES {legal}))
        """  # noqa: S608 - constants of this module
    end = f"""
        SELECT t.id, t.status, e.to_status FROM {table} t
        LEFT JOIN (
          SELECT {link}, to_status,
                 ROW_NUMBER() OVER (PARTITION BY {link} ORDER BY id DESC) AS place
          FROM {events}
        ) e ON e.{link} = t.id AND e.place = 1
        WHERE e.{link} IS NULL OR e.to_status <> t.status
        """  # noqa: S608 - constants of this module
    name = table.strip('"')
    return (
        Rule(15, f"each history of {name} is a path through its moves", path),
        Rule(15, f"each history of {name} ends at its status", end),
    )


def _pairs(pairs: Iterable[tuple[str, str]]) -> str:
    return ", ".join(f"('{one}', '{other}')" for one, other in pairs)


_PAYMENT_STEPS = _pairs(
    (old, kind) for kind, new in AFTER.items() for old, news in PAYMENT_MOVES.items() if new in news
)
_PAYMENTS = Rule(
    15,
    "each payment's events are a path through its moves and end at its status",
    f"""
    SELECT p.uid, p.status, steps.kind, steps.before FROM payment p
    LEFT JOIN (
      SELECT payment_id, kind, LAG(kind, 1, 'due') OVER (PARTITION BY payment_id ORDER BY id)
               AS before,
             ROW_NUMBER() OVER (PARTITION BY payment_id ORDER BY id DESC) AS place
      FROM payment_event
    ) AS steps ON steps.payment_id = p.id
    WHERE (steps.place IS NULL AND p.status <> 'due')
       OR (steps.place = 1 AND steps.kind <> p.status)
       OR (steps.before, steps.kind) NOT IN (VALUES {_PAYMENT_STEPS})
    """,  # noqa: S608 - constants of this module
)
_LINES = Rule(
    15,
    "an order's lines are as far as the order",
    """
    SELECT o.number, o.status, l.id AS order_line, l.status AS line
    FROM order_line l JOIN "order" o ON o.id = l.order_id
    WHERE (o.status IN ('placed', 'accepted', 'picking', 'awaiting_customer'))
            <> (l.status = 'ordered')
       OR (o.status IN ('cancelled', 'returned')) <> (l.status IN ('cancelled', 'returned'))
    """,
)
# Who asks for a move with the version they saw is refused only if each move raised it.
_VERSIONS = Rule(
    15,
    "an order's version is not behind its history",
    """
    SELECT o.number, o.version, e.steps FROM "order" o
    JOIN (SELECT order_id, COUNT(*) AS steps FROM order_event GROUP BY order_id) e
      ON e.order_id = o.id
    WHERE o.version < e.steps
    """,
)

RULES = (
    *_rules("account", "account_event", "account_id", ACCOUNT_MOVES),
    *_rules("store", "store_event", "store_id", STORE_MOVES),
    *_rules("product", "product_event", "product_id", PRODUCT_MOVES),
    *_rules('"order"', "order_event", "order_id", ORDER_MOVES),
    *_rules("job", "job_event", "job_id", JOB_MOVES),
    *_rules("review", "review_event", "review_id", REVIEW_MOVES),
    *_rules("incident", "incident_event", "incident_id", INCIDENT_MOVES),
    _PAYMENTS,
    _LINES,
    _VERSIONS,
)
