from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from kirana.platform import clock

KOLKATA, BERLIN = ZoneInfo("Asia/Kolkata"), ZoneInfo("Europe/Berlin")


def test_a_month_is_cut_at_local_midnight() -> None:
    start, end = clock.month_bounds("2026-10", KOLKATA)
    assert start == datetime(2026, 9, 30, 18, 30, tzinfo=UTC)
    assert end == datetime(2026, 10, 31, 18, 30, tzinfo=UTC)


def test_a_month_with_a_clock_change_has_an_hour_more() -> None:
    start, end = clock.month_bounds("2026-10", BERLIN)
    assert end - start == timedelta(days=31, hours=1)


def test_december_ends_in_the_next_year() -> None:
    assert clock.month_bounds("2026-12", ZoneInfo("UTC"))[1] == datetime(2027, 1, 1, tzinfo=UTC)


def test_a_midnight_that_does_not_exist_is_the_first_moment_after_the_gap() -> None:
    # Santiago set its clocks from 23:59:59 to 01:00 on 6 September 2026.
    santiago = ZoneInfo("America/Santiago")
    moment = clock.local_midnight(date(2026, 9, 6), santiago)
    assert moment.astimezone(santiago).isoformat() == "2026-09-06T01:00:00-03:00"


def test_a_midnight_that_comes_twice_is_the_first_of_the_two() -> None:
    # Havana sets its clocks from 01:00 back to 00:00 on 1 November 2026.
    havana = ZoneInfo("America/Havana")
    moment = clock.local_midnight(date(2026, 11, 1), havana)
    assert moment.astimezone(havana).isoformat() == "2026-11-01T00:00:00-04:00"


def test_the_month_before_is_the_local_one() -> None:
    still_october_in_utc = datetime(2026, 10, 31, 19, 0, tzinfo=UTC)
    assert clock.month_before(still_october_in_utc, KOLKATA) == "2026-10"
    assert clock.month_before(still_october_in_utc, ZoneInfo("UTC")) == "2026-09"


@pytest.mark.parametrize("period", ["2026-13", "2026", "x", "2026-00"])
def test_a_period_is_a_month(period: str) -> None:
    with pytest.raises(ValueError, match="."):
        clock.month_bounds(period, KOLKATA)


def test_the_clock_can_be_stopped() -> None:
    moment = datetime(2026, 11, 1, tzinfo=UTC)
    with clock.frozen(moment):
        assert clock.utc_now() == moment
    assert clock.utc_now() != moment
