"""Histories that jump, begin in the middle, or end elsewhere."""

# ruff: noqa: S608 - the SQL of tests is made of their own constants

from tests.check.planting import (
    CANCELLED,
    COMPLETED,
    CUSTOMER,
    DONE_JOB,
    INCIDENT,
    LINE,
    PLACED,
    SOLD,
    STORE,
    Fault,
    fault,
)

AUDITED = "each move of an account's status is in the audit log"
MOMENT = "an order, its group and its history agree on the moment that decides its month"
REVIEW = "(SELECT MIN(id) FROM review)"
HAS_HAD = "each review is by somebody who has had the product"
SHOWN_SUMS = "what a product shows of its reviews is the sum of those that are shown"
VERSION = "an order's version is not behind its history"
NO_FILE = "an expired export keeps no file"


def _histories(
    name: str, thing: str, status: str, elsewhere: str, **also: tuple[str, ...]
) -> dict[str, tuple[Fault, ...]]:
    """Faults in the history of one row (``thing`` is its id as SQL), which is at ``status``.

    ``also`` names the rules that a step to itself, a second beginning or a lost end break too.
    """
    path = f"each history of {name} is a path through its moves"
    end = f"each history of {name} ends at its status"
    step = (
        f"INSERT INTO {name}_event ({name}_id, from_status, to_status, {{}}at) "
        f"SELECT {thing}, {{}}, '{{}}', {{}}CURRENT_TIMESTAMP"
    )
    has_reason = name in ("account", "order", "job")
    given = ("reason, ", "'', ") if has_reason else ("", "")
    begun = step.format(given[0], "NULL", status, given[1])
    stays = step.format(given[0], f"'{status}'", status, given[1])
    return {
        path: (
            fault(stays, also=also.get("stays", ())),
            fault(begun, also=also.get("begun", ())),
        ),
        end: (
            fault(
                f"UPDATE \"{name}\" SET status = '{elsewhere}' WHERE id = {thing}",
                also=also.get("ends", ()),
            ),
            fault(
                f"DELETE FROM {name}_event WHERE {name}_id = {thing}",
            ),
        ),
    }


FAULTS: dict[str, tuple[Fault, ...]] = {
    **_histories("account", CUSTOMER, "active", "suspended", stays=(AUDITED,)),
    **_histories("store", STORE, "open", "holiday"),
    **_histories("product", SOLD, "published", "hidden"),
    **_histories("order", PLACED, "placed", "accepted", begun=(MOMENT,)),
    **_histories("review", REVIEW, "shown", "hidden", ends=(SHOWN_SUMS,)),
    **_histories("order", PLACED, "placed", "accepted", stays=(VERSION,), begun=(MOMENT, VERSION)),
    **_histories("incident", INCIDENT, "resolved", "open"),
    **_histories("job", DONE_JOB, "done", "expired", ends=(NO_FILE,)),
    "each payment's events are a path through its moves and end at its status": (
        fault(f"UPDATE payment SET status = 'authorised' WHERE order_id = {PLACED}"),
        fault(
            "INSERT INTO payment_event (event_key, payment_id, kind, amount_minor, at) "
            "SELECT 'late', id, 'authorised', 0, CURRENT_TIMESTAMP FROM payment "
            f"WHERE order_id = {COMPLETED}",
            f"UPDATE payment SET status = 'authorised' WHERE order_id = {COMPLETED}",
        ),
        fault(
            "INSERT INTO payment_event (event_key, payment_id, kind, amount_minor, at) "
            "SELECT 'seen', id, 'authorised', 0, CURRENT_TIMESTAMP FROM payment "
            f"WHERE order_id = {PLACED}"
        ),
    ),
    VERSION: (
        fault(f'UPDATE "order" SET version = version - 1 WHERE id = {PLACED}'),
        fault(f'UPDATE "order" SET version = 1 WHERE id = {COMPLETED}'),
    ),
    "an order's lines are as far as the order": (
        fault(f"UPDATE order_line SET status = 'picked' WHERE id = {LINE}"),
        fault(f"UPDATE order_line SET status = 'picked' WHERE order_id = {CANCELLED}"),
        fault(
            f"UPDATE order_line SET status = 'returned' WHERE order_id = {COMPLETED}",
            also=(HAS_HAD,),
        ),
    ),
}
