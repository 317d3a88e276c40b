"""The only clock. Frozen in tests; moved in the demo."""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, func, select

from kirana.platform.prepared import Prepared

_frozen: ContextVar[datetime | None] = ContextVar("frozen", default=None)
_ASKED = func.clock_timestamp()
_NOW = Prepared(select(_ASKED))
_MOMENT = "kirana.moment"


def utc_now() -> datetime:
    """The host's moment, for what no other process compares (log lines, token life)."""
    return _frozen.get() or datetime.now(UTC)


def now(connection: Connection) -> datetime:
    """One moment for each transaction or query: the database's on PostgreSQL, the host's on SQLite.

    Asked once, after the transaction has begun (after the wait for SQLite's writers). A frozen
    clock goes before it.
    """
    if (moment := _frozen.get()) is not None:
        return moment
    unit = connection.get_transaction()
    known: tuple[object, datetime] | None = connection.info.get(_MOMENT)
    if known is not None and known[0] in (unit, None):
        return known[1]
    found = _look(connection)
    told(connection, found)
    return found


def _look(connection: Connection) -> datetime:
    if not is_asked_for(connection):
        return utc_now()
    moment: datetime = _NOW.scalar(connection, {})
    return moment.astimezone(UTC)


def asked(connection: Connection) -> datetime | ColumnElement[datetime]:
    """A value for the first statement of a transaction, which returns it: give that to ``told``.

    So that the moment costs no statement of its own.
    """
    return _ASKED if is_asked_for(connection) else utc_now()


def is_asked_for(connection: Connection) -> bool:
    """Whether the moment is the database's to say."""
    return _frozen.get() is None and connection.dialect.name == "postgresql"


def told(connection: Connection, moment: datetime) -> None:
    """Let ``moment``, the answer to ``asked``, be this transaction's ``now``."""
    if _frozen.get() is None:
        connection.info[_MOMENT] = (connection.get_transaction(), moment)


def forget(connection: Connection) -> None:
    """What was told on this connection is not the moment of who has it now."""
    connection.info.pop(_MOMENT, None)


def is_reachable(day: date) -> bool:
    """Whether a day or moment is so far from the ends of time that any zone can show it."""
    return 1 < day.year < 9999


@contextlib.contextmanager
def frozen(moment: datetime) -> Iterator[None]:
    """Stop the clock of this thread at ``moment`` (aware)."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs a zone")
    token = _frozen.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _frozen.reset(token)


def local_midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of ``day`` in ``zone``, in UTC.

    Where midnight does not exist the day begins at the first moment after the gap; where it comes
    twice, at the first of the two (PEP 495, fold=0).
    """
    naive = datetime.combine(day, time.min)
    moment = naive.replace(tzinfo=zone).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) != naive:
        before = naive.replace(tzinfo=zone).utcoffset() or timedelta()
        moment = (naive - before).replace(tzinfo=UTC)
    return moment


def month_bounds(period: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """UTC bounds [start, end) of ``period`` (``YYYY-MM``) in ``zone``. Raises ValueError."""
    if not (len(period) == 7 and period.isascii()):
        raise ValueError(f"{period!r} is not a month")
    first = datetime.strptime(period, "%Y-%m").replace(tzinfo=UTC).date()
    following = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
    return local_midnight(first, zone), local_midnight(following, zone)


def month_before(moment: datetime, zone: ZoneInfo) -> str:
    """The calendar month before the one that ``moment`` lies in, as ``YYYY-MM``."""
    first = moment.astimezone(zone).date().replace(day=1)
    return f"{first - timedelta(days=1):%Y-%m}"
