"""How much may be taken: what is on hand, in date, and kept for nobody. As SQL, in one place."""

from datetime import date, datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    SQLColumnExpression,
    bindparam,
    case,
    cast,
    func,
    or_,
    select,
)  # fmt: skip

from kirana.catalog.models import Product
from kirana.platform.settings import MOST_HOLD_MINUTES
from kirana.platform.tables import Id, UtcDateTime
from kirana.stock.models import Lot, Reservation, StockLevel

# For statements that are made once: executed with ``at(moment)``.
NOW: ColumnElement[datetime] = bindparam("stock_at", type_=UtcDateTime)
_FAR: ColumnElement[datetime] = bindparam("stock_far", type_=UtcDateTime)
# Goods are kept for so many lives of a hold in all.
MOST_LIVES = 3
# No hold is made to last longer: one that would was made while the clock was ahead.
FARTHEST_END = MOST_LIVES * timedelta(minutes=MOST_HOLD_MINUTES)


def at(moment: datetime) -> dict[str, datetime]:
    """The parameter that ``NOW`` waits for.

    What is only shown goes by the host's clock and costs no statement; the guarded write judges.
    """
    return {"stock_at": moment}


def around(moment: datetime) -> dict[str, datetime]:
    """As ``at``, for a statement that asks which holds are over."""
    return {"stock_at": moment, "stock_far": moment + FARTHEST_END}


def is_over(at: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    """Whether a hold has lapsed, or ends farther away than any that was made by a right clock."""
    far = at + FARTHEST_END if isinstance(at, datetime) else _FAR
    return or_(Reservation.expires_at <= at, Reservation.expires_at > far)


def available(at: datetime | ColumnElement[datetime]) -> ColumnElement[int]:
    """On hand − reserved − lots out of date at ``at``, for a statement over ``stock_level``.

    Below 0 where goods went out of date while they were reserved; None without a level.
    """
    return StockLevel.on_hand - StockLevel.reserved - out_of_date(at)


def out_of_date(at: datetime | ColumnElement[datetime]) -> ColumnElement[int]:
    """How much of a level lies in lots whose date has passed; 0 where lots are not tracked."""
    lapsed = (
        select(cast(func.coalesce(func.sum(Lot.on_hand), 0), Id))  # SUM of BIGINT is NUMERIC
        .where(Lot.product_id == StockLevel.product_id, Lot.sold_until <= at)
        .correlate(StockLevel)
        .scalar_subquery()
    )
    return case((StockLevel.tracks_lots, lapsed), else_=0)


def next_best_before(at: datetime) -> ColumnElement[date | None]:
    """The best-before day of what goes out of date next, for a statement over ``product``."""
    return (
        select(func.min(Lot.best_before))
        .where(Lot.product_id == Product.id, Lot.on_hand > 0, Lot.sold_until > at)
        .correlate(Product)
        .scalar_subquery()
    )


def within_reach(
    cart_id: int | SQLColumnExpression[int], at: datetime | ColumnElement[datetime]
) -> ColumnElement[int]:
    """What a taker for this cart finds: what is available, its own hold, and lapsed ones."""
    return available(at) + coming_back(cart_id, at)


def coming_back(
    cart_id: int | SQLColumnExpression[int] | None, at: datetime | ColumnElement[datetime]
) -> ColumnElement[int]:
    """How much of a level's ``reserved`` ends when this cart takes: its own, and lapsed holds."""
    return (
        select(cast(func.coalesce(func.sum(Reservation.quantity), 0), Id))
        .where(
            Reservation.product_id == StockLevel.product_id,
            or_(Reservation.cart_id == cart_id, is_over(at)),
        )
        .correlate_except(Reservation)
        .scalar_subquery()
    )
