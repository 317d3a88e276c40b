"""The verbs of the monthly report: whom it is owed, once for each customer and month."""

from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection, select, update

from kirana.accounts.permissions import Permission
from kirana.platform import audit, clock
from kirana.platform.access import SYSTEM, Actor
from kirana.platform.config import Settings
from kirana.platform.db import query, verb
from kirana.platform.inserts import insert_ignoring
from kirana.platform.outbox import enqueue
from kirana.platform.schedule import JobRun, claim_period
from kirana.platform.wake import wake_after_commit
from kirana.reports import queries
from kirana.reports.errors import MonthNotOver
from kirana.reports.figures import MonthFigures, period_before
from kirana.reports.models import ReportDelivery
from kirana.reports.queries import JOB, Customer, MonthRun

PAGE = 200
# Orders are stamped before they are committed; a run begins when none can be on its way.
CUT_OFF = timedelta(minutes=5)
MOST_MISSED = 3
RUN = "report.run"
# Somewhere a month is over this long before it is over in UTC.
EASTERNMOST = timedelta(hours=14)


def run_due(settings: Settings) -> int:
    """Do the months that are over and not done, oldest first; how many reports became owed."""
    return sum(run_month(period, settings) for period in due_months())


def run_month(period: str, settings: Settings) -> int:
    """Owe the report of ``period`` to each customer who is due one; how many are new.

    Goes on where an earlier run stopped; any number of runs at once owe each report once.
    Raises MonthNotOver, ValueError.
    """
    if not is_over(period):
        raise MonthNotOver
    _begin(period)
    owed = 0
    while (page := _owe_page(period, settings)) is not None:
        owed += page
    return owed


@verb
def request_month(connection: Connection, actor: Actor, period: str) -> MonthRun:
    """The admin's own trigger: begin the run of ``period``, or tell how far it is.

    Raises Forbidden, MonthNotOver.
    """
    actor.require(Permission.WRITE_REPORTS)
    if not is_over(period):
        raise MonthNotOver
    if claim_period(connection, JOB, period):
        audit.record(connection, actor, "report.requested", ("month", period))
        find = select(JobRun.id).where(JobRun.name == JOB, JobRun.period == period)
        wake_after_commit(RUN, connection.execute(find).scalar_one())
    run = queries.find_month_run(SYSTEM, period)
    assert run is not None  # noqa: S101 - claimed above
    return run


@query
def due_months(connection: Connection) -> list[str]:
    """Months to do now, oldest first: begun and not finished, or over and not begun.

    At most three are caught up, and none from before the first store.
    """
    mine = JobRun.name == JOB
    rows = connection.execute(select(JobRun.period, JobRun.finished_at).where(mine))
    begun = {row.period: row.finished_at for row in rows}
    unfinished = {period for period, finished_at in begun.items() if finished_at is None}
    missed = {period for period in _latest_months(connection) if period not in begun}
    return sorted(unfinished | missed)


@query
def period_of(connection: Connection, run_id: int) -> str:
    """The month of a run."""
    found: str = connection.execute(select(JobRun.period).where(JobRun.id == run_id)).scalar_one()
    return found


@query
def is_over(connection: Connection, period: str) -> bool:
    """Whether the month has ended in every store's zone, and the cut-off has passed."""
    ended_at = queries.month_is_over(period)
    return ended_at is not None and clock.now(connection) >= ended_at + CUT_OFF


def _latest_months(connection: Connection) -> list[str]:
    first = queries.first_store_at()
    period = f"{clock.now(connection) + EASTERNMOST:%Y-%m}"
    found: list[str] = []
    while first is not None and len(found) < MOST_MISSED:
        period = period_before(period)
        if _ended_at(period) <= first:
            break
        if is_over(period):
            found.append(period)
    return found


def _ended_at(period: str) -> datetime:
    ended_at = queries.month_is_over(period)
    assert ended_at is not None  # noqa: S101 - there is a store
    return ended_at


@verb
def _begin(connection: Connection, period: str) -> None:
    claim_period(connection, JOB, period)


@verb
def _owe_page(connection: Connection, period: str, settings: Settings) -> int | None:
    """Owe the next customers their reports and move the cursor; None at the end. Locks the run."""
    mine = (JobRun.name == JOB, JobRun.period == period)
    find = select(JobRun.id, JobRun.cursor, JobRun.finished_at).where(*mine)
    run = connection.execute(find.with_for_update()).one()
    if run.finished_at is not None:
        return None
    customers = queries.customers_after(run.cursor, PAGE, period)
    this = update(JobRun).where(JobRun.id == run.id)
    if not customers:
        connection.execute(this.values(finished_at=clock.now(connection)))
        return None
    figures = queries.figures_of(period, [item.id for item in customers], settings.currency)
    wanted = [item for item in customers if figures[item.id].orders or settings.report_empty_months]
    new = sum(_owe(connection, item, figures[item.id]) for item in wanted)
    connection.execute(this.values(cursor=customers[-1].id))
    return new


def _owe(connection: Connection, customer: Customer, figures: MonthFigures) -> bool:
    is_new = insert_ignoring(
        connection, ReportDelivery, account_id=customer.id, period=figures.period,
        figures=msgspec.to_builtins(figures), created_at=clock.now(connection),
    )  # fmt: skip
    if is_new:
        find = select(ReportDelivery.id).where(
            ReportDelivery.account_id == customer.id, ReportDelivery.period == figures.period
        )
        delivery_id = connection.execute(find).scalar_one()
        key = f"report:{customer.id}:{figures.period}"
        enqueue(connection, "monthly_report", key, delivery_id=delivery_id)
    return is_new


def forget_figures(connection: Connection, account_id: int) -> None:
    """What an erased person bought in a month goes; that a report was owed stays."""
    find = select(ReportDelivery.id, ReportDelivery.period)
    for row in connection.execute(find.where(ReportDelivery.account_id == account_id)).all():
        mine = update(ReportDelivery).where(ReportDelivery.id == row.id)
        connection.execute(mine.values(figures={"period": row.period}))
