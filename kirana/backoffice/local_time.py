"""Moments as people type them: on the clock of the store. Pure."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from kirana.platform.clock import is_reachable
from kirana.platform.errors import Invalid

_FORM = "%Y-%m-%dT%H:%M"


def typed_moment(text: str, field: str, zone: ZoneInfo) -> datetime:
    """``2026-03-01T06:00`` on the clock of ``zone``; of an hour that comes twice the first one.

    Raises Invalid at the field, also for a time that the clock leaves out.
    """
    try:
        naive = datetime.strptime(text.strip()[:16], _FORM)  # noqa: DTZ007 - the zone follows
    except ValueError:
        raise Invalid.at(f"/{field}", "write a day and a time") from None
    if not is_reachable(naive):
        raise Invalid.at(f"/{field}", "write a day of this century")
    moment = naive.replace(tzinfo=zone).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) != naive:
        raise Invalid.at(f"/{field}", "the clock goes forward then: that time does not exist")
    return moment


def moment_text(moment: datetime, zone: ZoneInfo) -> str:
    """The same, as a field for day and time wants it."""
    return moment.astimezone(zone).strftime(_FORM)
