"""The rows behind the monthly report. An order belongs to the month of its own store's zone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, case, func, literal, or_, select

from kirana.accounts.house_rules import house_rules
from kirana.accounts.models import Account
from kirana.accounts.permissions import Permission
from kirana.orders.models import Order, OrderLine
from kirana.platform.access import Actor
from kirana.platform.clock import month_bounds
from kirana.platform.db import query
from kirana.platform.schedule import JobRun
from kirana.reports.figures import (
    LineBought,
    MonthFigures,
    MonthRows,
    OrderTaken,
    month_figures,
    period_before,
)
from kirana.reports.models import ReportDelivery
from kirana.stores.models import Store

JOB = "monthly_report"

# What is sold by the piece counts each, what is weighed counts one for each line.
_PIECES = func.sum(case((OrderLine.unit == "each", OrderLine.quantity), else_=1))


class Customer(msgspec.Struct, frozen=True):
    """Who gets a report."""

    id: int
    uid: str
    name: str
    email: str


class MonthRun(msgspec.Struct, frozen=True):
    """How far the reports of a month are."""

    month: str
    state: str
    reports: int


@query
def customers_after(
    connection: Connection, account_id: int, limit: int, period: str
) -> list[Customer]:
    """Active customers who want reports, by id, from the one after ``account_id``.

    Who joined after ``period`` had ended is owed none of it, nor who has not confirmed the
    address where that is asked for.
    """
    ended_at = month_is_over(period)
    if ended_at is None:
        return []
    find = (
        select(Account.id, Account.uid, Account.name, Account.email)
        .where(
            Account.id > account_id,
            Account.created_at < ended_at,
            Account.role == "customer",
            Account.status == "active",
            Account.wants_report.is_(True),
            or_(Account.verified_at.is_not(None), literal(not house_rules().confirms_addresses)),
        )
        .order_by(Account.id)
        .limit(limit)
    )
    return [Customer(*row) for row in connection.execute(find)]


@query
def figures_of(
    connection: Connection, period: str, account_ids: Sequence[int], currency: str
) -> dict[int, MonthFigures]:
    """The month of each of these customers. Raises ValueError for a bad period."""
    rows = {account_id: MonthRows() for account_id in account_ids}
    for account_id, order in _orders(connection, period, account_ids):
        rows[account_id].orders.append(order)
    for account_id, order in _orders(connection, period_before(period), account_ids):
        rows[account_id].before.append(order)
    for account_id, line in _lines(connection, period, account_ids):
        rows[account_id].lines.append(line)
    return {key: month_figures(period, currency, found) for key, found in rows.items()}


@query
def month_is_over(connection: Connection, period: str) -> datetime | None:
    """The moment at which the month has ended in every store's zone; None without a store."""
    zones = _zones(connection)
    return max((month_bounds(period, ZoneInfo(zone))[1] for zone in zones), default=None)


@query
def first_store_at(connection: Connection) -> datetime | None:
    """When the first store was made: no report is owed for a month before it."""
    found: datetime | None = connection.execute(select(func.min(Store.created_at))).scalar_one()
    return found


@query
def find_month_run(connection: Connection, actor: Actor, period: str) -> MonthRun | None:
    """How far the reports of ``period`` are; None when they were never begun. Raises Forbidden."""
    actor.require(Permission.READ_REPORTS)
    find = select(JobRun.finished_at).where(JobRun.name == JOB, JobRun.period == period)
    row = connection.execute(find).one_or_none()
    if row is None:
        return None
    owed = select(func.count()).where(ReportDelivery.period == period)
    state = "done" if row.finished_at else "running"
    return MonthRun(period, state, connection.execute(owed).scalar_one())


@query
def get_figures(connection: Connection, delivery_id: int) -> MonthFigures:
    """The figures that a report was made with."""
    find = select(ReportDelivery.figures).where(ReportDelivery.id == delivery_id)
    return msgspec.convert(connection.execute(find).scalar_one(), MonthFigures)


def in_month(connection: Connection, period: str) -> ColumnElement[bool]:
    """Orders (joined with their store) placed in ``period``, and not cancelled."""
    spans = []
    for zone in _zones(connection):
        start, end = month_bounds(period, ZoneInfo(zone))
        spans.append(and_(Store.zone == zone, Order.placed_at >= start, Order.placed_at < end))
    return and_(Order.status != "cancelled", or_(*spans) if spans else Order.id.is_(None))


def _zones(connection: Connection) -> list[str]:
    return list(connection.execute(select(Store.zone).distinct().order_by(Store.zone)).scalars())


def _orders(
    connection: Connection, period: str, account_ids: Sequence[int]
) -> list[tuple[int, OrderTaken]]:
    find = (
        select(Order.account_id, Order.placed_at, Store.zone, Order.total_minor)
        .join(Store, Store.id == Order.store_id)
        .where(Order.account_id.in_(account_ids), in_month(connection, period))
        .order_by(Order.id)
    )
    return [(row[0], OrderTaken(row[1], row[2], row[3])) for row in connection.execute(find)]


def _lines(
    connection: Connection, period: str, account_ids: Sequence[int]
) -> list[tuple[int, LineBought]]:
    keys: tuple[Any, ...] = (
        Order.account_id, OrderLine.title, OrderLine.size_text, OrderLine.category_name,
        OrderLine.unit,
    )  # fmt: skip
    find = (
        select(
            *keys,
            _PIECES.label("pieces"),
            func.sum(OrderLine.total_minor).label("spend"),
            func.sum(OrderLine.quantity).label("quantity"),
        )
        .join(Order, Order.id == OrderLine.order_id)
        .join(Store, Store.id == Order.store_id)
        .where(
            Order.account_id.in_(account_ids),
            OrderLine.status != "cancelled",
            in_month(connection, period),
        )
        .group_by(*keys)
    )
    return [
        (
            row.account_id,
            LineBought(
                row.title, row.size_text, row.category_name, int(row.pieces), int(row.spend),
                row.unit, int(row.quantity),
            ),
        )
        for row in connection.execute(find)
    ]  # fmt: skip
