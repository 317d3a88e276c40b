"""A rival whose whole deed is brought in at a named point of somebody else's."""

import sys
import threading
from collections.abc import Callable
from contextvars import copy_context
from typing import Any, NamedTuple

from sqlalchemy import text

from kirana.platform import db
from kirana.platform.engines import WriteQueue
from kirana.platform.probes import clear_probes, set_probe

SECONDS = 20
_BLOCKED = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0"
)


class Met(NamedTuple):
    """What both got, and whether the rival had to wait until the first had ended."""

    first: Any
    rival: Any
    waited: bool


def meet(act: Callable[[], Any], place: str, rival: Callable[[], Any]) -> Met:
    """Run ``act``; where it first reaches ``place``, ``rival`` acts in a thread of its own.

    The first goes on when the rival has ended or is seen to wait for a lock.
    """
    got: dict[str, Any] = {"waited": False}
    thread = threading.Thread(
        target=copy_context().run, args=(lambda: got.update(rival=outcome(rival)),), daemon=True
    )

    def bring_in() -> None:
        if thread.ident is not None:
            return
        thread.start()
        while thread.is_alive() and not got["waited"]:
            thread.join(0.002)
            got["waited"] = thread.is_alive() and _waits(thread)

    set_probe(place, bring_in)
    try:
        got["first"] = outcome(act)
    finally:
        clear_probes()
    assert thread.ident is not None, f"{place} was not reached: {got['first']!r}"
    thread.join(SECONDS)
    assert not thread.is_alive(), "the rival hangs"
    return Met(**got)


def outcome(act: Callable[[], Any]) -> Any:
    """What ``act`` returns, or the error that it raises."""
    try:
        return act()
    except Exception as error:  # noqa: BLE001 - handed to the test
        return error


def failed(found: Any) -> bool:
    return isinstance(found, Exception)


def _waits(thread: threading.Thread) -> bool:
    """Whether the thread stands in the queue of SQLite's writers, or before a lock."""
    if db.engine().dialect.name == "sqlite":
        frame = sys._current_frames().get(thread.ident or 0)
        return frame is not None and frame.f_code is WriteQueue.__enter__.__code__
    with db.engine().connect() as connection:
        looking = connection.execution_options(isolation_level="AUTOCOMMIT")
        return bool(looking.execute(_BLOCKED).scalar_one())
