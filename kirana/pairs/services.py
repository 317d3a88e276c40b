"""The count of a night: part by part, so that neither memory nor a lock grows with the shop."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    Connection,
    Integer,
    Select,
    and_,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)  # fmt: skip
from sqlalchemy.orm import aliased

from kirana.catalog.services.versions import raise_version
from kirana.orders.models import Order, OrderLine
from kirana.pairs.models import ProductPair
from kirana.platform import clock
from kirana.platform.config import Settings
from kirana.platform.db import query, verb
from kirana.platform.probes import reached
from kirana.platform.schedule import JobRun, claim_period

NAME = "product_pairs"
# From this hour of the shop's day on, a night is due; a shop that slept then does it later.
NIGHT = 2
# Whoever did not move on for so long was killed, and another goes on from there.
LOST_AFTER = timedelta(minutes=10)
PART = 20
KEPT = 12
HAD = ("handed_over", "completed")
_PART = (
    select(OrderLine.product_id)
    .where(OrderLine.product_id > bindparam("after"))
    .distinct()
    .order_by(OrderLine.product_id)
    .limit(bindparam("most", type_=Integer))
).subquery()
_LAST = select(func.max(_PART.c.product_id))


def count_night(settings: Settings) -> bool:
    """Count this night's pairs, or go on where a killed worker stopped; whether it was done here.

    Any number of these may run at once: a part is written only by who moves the night's cursor
    from where it was seen. Never called inside a transaction.
    """
    now = _now()
    local = now.astimezone(settings.tz)
    if local.hour < NIGHT:
        return False
    night = f"{local:%Y-%m-%d}"
    cursor = _claim(night)
    while cursor is not None:
        last = _last_of_part(cursor)
        if last is None:
            return _end(night, cursor)
        rows = count_part(cursor, last, _since(now, settings.pair_months), settings.pair_customers)
        reached("pairs.counted")
        cursor = _write(night, (cursor, last), rows)
    return False


def count_all(settings: Settings) -> None:
    """Count anew at once, outside any night. Never called inside a transaction."""
    now, cursor = _now(), 0
    while (last := _last_of_part(cursor)) is not None:
        rows = count_part(cursor, last, _since(now, settings.pair_months), settings.pair_customers)
        _replace(cursor, last, rows)
        cursor = last


@query
def count_part(
    connection: Connection, after: int, last: int, since: datetime, fewest: int
) -> list[dict[str, Any]]:
    """The best pairs of the products with keys in (``after``, ``last``], of orders since then.

    Counted are customers, each once, whatever they bought how often; the fewest bound is asked in
    the statement, so that no smaller number ever leaves the database.
    """
    part = {"after": after, "last": last, "since": since, "fewest": fewest}
    return [dict(row._mapping) for row in connection.execute(_best(), part)]


@cache
def _best() -> Select[Any]:
    """Made once: a large shop has tens of thousands of parts."""
    one, other = aliased(OrderLine), aliased(OrderLine)
    customers = func.count(Order.account_id.distinct())
    counted = (
        select(one.product_id, other.product_id.label("other_id"), customers.label("customers"))
        .join(Order, Order.id == one.order_id)
        .join(other, and_(other.order_id == one.order_id, other.product_id != one.product_id))
        .where(
            one.product_id > bindparam("after"), one.product_id <= bindparam("last"),
            one.status == "picked", other.status == "picked",
            Order.status.in_(HAD), Order.placed_at >= bindparam("since"),
        )
        .group_by(one.product_id, other.product_id)
        .having(customers >= bindparam("fewest", type_=Integer))
    ).subquery()  # fmt: skip
    place = func.row_number().over(
        partition_by=counted.c.product_id,
        order_by=(counted.c.customers.desc(), counted.c.other_id),
    )
    ranked = select(counted, place.label("place")).subquery()
    best = select(ranked.c.product_id, ranked.c.other_id, ranked.c.customers)
    return best.where(ranked.c.place <= KEPT)


@query
def _last_of_part(connection: Connection, after: int) -> int | None:
    """The key at which the next part ends; what nobody ever ordered is in no pair."""
    found: int | None = connection.execute(_LAST, {"after": after, "most": PART}).scalar()
    return found


@verb
def _claim(connection: Connection, night: str) -> int | None:
    """Where to begin, if the night is ours: new, or left behind."""
    if claim_period(connection, NAME, night):
        return 0
    now = clock.now(connection)
    lost = (JobRun.finished_at.is_(None), JobRun.started_at < now - LOST_AFTER)
    taking = update(JobRun).where(*_of(night), *lost).values(started_at=now)
    found: int | None = connection.execute(taking.returning(JobRun.cursor)).scalar_one_or_none()
    return found


@verb
def _write(
    connection: Connection, night: str, part: tuple[int, int], rows: Sequence[dict[str, Any]]
) -> int | None:
    """Put the part's pairs in the place of the old ones; None if another was faster."""
    after, last = part
    now = clock.now(connection)
    mine = (*_of(night), JobRun.cursor == after, JobRun.finished_at.is_(None))
    moving = update(JobRun).where(*mine).values(cursor=last, started_at=now)
    if not connection.execute(moving).rowcount:
        return None
    _replace(after, last, rows)
    return last


@verb
def _replace(connection: Connection, after: int, last: int, rows: Sequence[dict[str, Any]]) -> None:
    """The pairs of the products in (``after``, ``last``] become ``rows``."""
    of_part = (ProductPair.product_id > after, ProductPair.product_id <= last)
    connection.execute(delete(ProductPair).where(*of_part))
    now = clock.now(connection)
    if rows:
        connection.execute(insert(ProductPair), [{**row, "counted_at": now} for row in rows])


@verb
def _end(connection: Connection, night: str, cursor: int) -> bool:
    now = clock.now(connection)
    mine = (*_of(night), JobRun.cursor == cursor, JobRun.finished_at.is_(None))
    if not connection.execute(update(JobRun).where(*mine).values(finished_at=now)).rowcount:
        return False
    raise_version(connection)
    return True


def _of(night: str) -> tuple[Any, Any]:
    return JobRun.name == NAME, JobRun.period == night


def _since(now: datetime, months: int) -> datetime:
    return now - timedelta(days=30 * months)


@query
def _now(connection: Connection) -> datetime:
    return clock.now(connection)
