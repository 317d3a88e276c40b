"""The one place where a review's status changes, and with it what its product shows."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from kirana.catalog.services.stars import count_stars
from kirana.catalog.services.versions import raise_version
from kirana.platform import audit, clock
from kirana.platform.access import Actor
from kirana.platform.probes import reached
from kirana.platform.states import require_move
from kirana.reviews.models import Review, ReviewEvent, ReviewReport
from kirana.reviews.states import REVIEW_MOVES


def lock_reviews(connection: Connection, *conditions: Any) -> Sequence[Any]:
    """The reviews that fit, locked in ascending order."""
    found = select(Review.__table__).where(*conditions).order_by(Review.id).with_for_update()
    rows = connection.execute(found).all()
    reached("review.locked")
    return rows


def take_step(
    connection: Connection, actor: Actor, rows: Sequence[Any], to: str, **values: Any
) -> None:
    """Move locked reviews to ``to`` and write ``values``; counts, history, audit. Raises
    IllegalMove, and then none has moved."""
    for row in rows:
        require_move(REVIEW_MOVES, row.status, to)
    now = clock.now(connection)
    moving = update(Review).where(Review.id.in_([row.id for row in rows]))
    connection.execute(moving.values(status=to, version=Review.version + 1, **values))
    events = [
        {"review_id": row.id, "from_status": row.status, "to_status": to,
         "actor_id": actor.account_id, "at": now}
        for row in rows
    ]  # fmt: skip
    connection.execute(insert(ReviewEvent), events)
    for row in rows:
        before, after = {"status": row.status}, {"status": to}
        audit.record(
            connection, actor, f"review.{to}", ("review", row.uid), before=before, after=after
        )
    counted = [(row, -1) for row in rows if row.status == "shown"]
    counted += [(row, 1) for row in rows if to == "shown"]
    _count(connection, counted)


def end_reviews(connection: Connection, rows: Sequence[Any]) -> None:
    """Delete locked reviews with all that hangs on them; what their products show follows."""
    ids = [row.id for row in rows]
    for table in (ReviewReport, ReviewEvent):
        connection.execute(delete(table).where(table.review_id.in_(ids)))
    connection.execute(delete(Review).where(Review.id.in_(ids)))
    _count(connection, [(row, -1) for row in rows if row.status == "shown"])


def _count(connection: Connection, counted: Sequence[tuple[Any, int]]) -> None:
    """Each product once, in ascending order; nothing where nothing shown has changed."""
    sums: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for row, sign in counted:
        sums[row.product_id][0] += sign
        sums[row.product_id][1] += sign * row.stars
    for product_id in sorted(sums):
        count_stars(connection, product_id, *sums[product_id])
    if sums:
        raise_version(connection)
