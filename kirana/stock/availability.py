"""How much may be taken: what is on hand, in date, and kept for nobody. As SQL, in one place."""

from datetime import datetime

from sqlalchemy import ColumnElement, case, func, select

from kirana.stock.models import Lot, StockLevel


def available(at: datetime | ColumnElement[datetime]) -> ColumnElement[int]:
    """On hand − reserved − lots out of date at ``at``, for a statement over ``stock_level``.

    Below 0 where goods went out of date while they were reserved; None without a level.
    """
    return StockLevel.on_hand - StockLevel.reserved - out_of_date(at)


def out_of_date(at: datetime | ColumnElement[datetime]) -> ColumnElement[int]:
    """How much of a level lies in lots whose date has passed; 0 where lots are not tracked."""
    lapsed = (
        select(func.coalesce(func.sum(Lot.on_hand), 0))
        .where(Lot.product_id == StockLevel.product_id, Lot.sold_until <= at)
        .correlate(StockLevel)
        .scalar_subquery()
    )
    return case((StockLevel.tracks_lots, lapsed), else_=0)
