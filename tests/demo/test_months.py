"""A new demo shop owes the reports of the last month only, whenever it is made."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, select

from kirana.demo.months import close_months
from kirana.demo.people import ZONE
from kirana.demo.rows import Rows
from kirana.platform import clock
from kirana.platform.db import query, verb
from kirana.platform.schedule import JobRun
from kirana.reports.services import due_months
from kirana.stores.models import Store

pytestmark = pytest.mark.usefixtures("database")
FOUNDED = timedelta(days=450)


@verb
def _found(connection: Connection, now: datetime) -> None:
    rows = Rows()
    at = now - FOUNDED
    rows.add(Store, slug="a", name="A", zone=ZONE, status="open", created_at=at)
    close_months(rows, at, now, ZoneInfo(ZONE), last_customer=64)
    rows.write(connection)


@query
def _runs(connection: Connection) -> list[tuple[str, datetime, datetime | None]]:
    find = select(JobRun.period, JobRun.started_at, JobRun.finished_at).order_by(JobRun.period)
    return [(row.period, row.started_at, row.finished_at) for row in connection.execute(find)]


@pytest.mark.parametrize(
    ("now", "owed"),
    [
        (datetime(2026, 11, 23, 7, 0, tzinfo=UTC), "2026-10"),
        (datetime(2026, 1, 5, 7, 0, tzinfo=UTC), "2025-12"),
        # 00:04 and 00:06 on the 1st where the stores are: orders of the 31st may be on their way.
        (datetime(2026, 10, 31, 18, 34, tzinfo=UTC), "2026-09"),
        (datetime(2026, 10, 31, 18, 36, tzinfo=UTC), "2026-10"),
    ],
)
def test_only_the_last_month_is_owed(now: datetime, owed: str) -> None:
    with clock.frozen(now):
        _found(now)
        assert due_months() == [owed]
    runs = _runs()
    assert len(runs) in (13, 14)
    assert all(started < ended <= now for _, started, ended in runs if ended)
    assert all(period < owed and ended for period, _, ended in runs)


def test_a_month_later_only_the_new_one_is_added() -> None:
    now = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
    _found(now)
    with clock.frozen(now + timedelta(days=30)):
        assert due_months() == ["2026-10", "2026-11"]
