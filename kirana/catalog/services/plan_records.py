"""The rows of planned prices, ended one by one; the product is locked before."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select, update

from kirana.catalog.models import PlannedPrice
from kirana.catalog.states import PLAN_MOVES
from kirana.platform import audit, clock
from kirana.platform.access import Actor
from kirana.platform.states import require_move


def cancel_plans(
    connection: Connection, actor: Actor, product_id: int, slug: str, uids: Sequence[str] = ()
) -> int:
    """Call off the planned prices of a locked product, all or those of ``uids``; how many.

    Raises IllegalMove for one that ended before.
    """
    mine = select(PlannedPrice.__table__).where(PlannedPrice.product_id == product_id)
    wanted = PlannedPrice.uid.in_(uids) if uids else PlannedPrice.status == "planned"
    rows = connection.execute(mine.where(wanted).order_by(PlannedPrice.id)).all()
    for row in rows:
        require_move(PLAN_MOVES, row.status, "cancelled")
        connection.execute(
            update(PlannedPrice)
            .where(PlannedPrice.id == row.id)
            .values(status="cancelled", ended_at=clock.now(connection))
        )
        audit.record(
            connection, actor, "product_price_plan_cancelled", ("product", slug),
            before=plan_facts(row), after={"plan": row.uid, "status": "cancelled"},
        )  # fmt: skip
    return len(rows)


def plan_facts(row: Any) -> dict[str, Any]:
    """What the audit log keeps of a plan."""
    return {
        "plan": row.uid, "price_minor": row.amount_minor, "was_minor": row.was_minor,
        "due_at": row.due_at.isoformat(),
    }  # fmt: skip
