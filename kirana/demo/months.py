"""The monthly reports of the shop's past: over and done, so that only the last month is mailed."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from kirana.demo.rows import Rows
from kirana.platform.clock import month_before, month_bounds
from kirana.platform.schedule import JobRun
from kirana.reports.figures import period_before
from kirana.reports.queries import JOB
from kirana.reports.services import CUT_OFF

# A night's work that was over before breakfast.
_TAKES = timedelta(minutes=2)


def close_months(
    rows: Rows, founded_at: datetime, now: datetime, zone: ZoneInfo, last_customer: int
) -> None:
    """A finished run for each month that is over, from the founding on, the latest left out.

    Beat finds the latest one owed at the first start, and nothing before it.
    """
    period = period_before(month_before(now - CUT_OFF, zone))
    while (ended_at := month_bounds(period, zone)[1]) > founded_at:
        rows.add(
            JobRun, name=JOB, period=period, cursor=last_customer, started_at=ended_at + CUT_OFF,
            finished_at=ended_at + CUT_OFF + _TAKES,
        )  # fmt: skip
        period = period_before(period)
