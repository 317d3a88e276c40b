"""Celery as the shop uses it: ids only, late acknowledgement, and a nudge that costs nobody time.

The broker is a helper. Every task can be lost, come late or come twice: rows say what is to be
done, claims in the database say who does it, and sweeps find what was lost.
"""

import contextlib
import logging
import os
import queue
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, ParamSpec

from celery import Celery, shared_task
from celery.schedules import crontab
from kombu.connection import Connection
from kombu.entity import Exchange, Queue

from kirana.platform.config import Settings
from kirana.platform.redis import REST_SECONDS
from kirana.platform.wake import on_wake

P = ParamSpec("P")
Hint = tuple[str, tuple[int, ...]]
logger = logging.getLogger("kirana.nudge")

QUEUES = ("default", "mail", "export")
VISIBILITY_SECONDS = 3600
# Hard and soft limit: below the visibility timeout, and below RabbitMQ's 30 minutes.
HARD_LIMIT_SECONDS = 28 * 60
SOFT_LIMIT_SECONDS = 25 * 60
SWEEP_SECONDS = 30
MOST_WAITING = 1000
# Between two tellings; what comes meanwhile is told together. To tell costs a tenth of an order.
GATHERING_SECONDS = 0.05
MOST_TOGETHER = 20
_TAKES_SEVERAL = ("mail.deliver",)

_nudges: dict[str, "Nudge"] = {}


def task(name: str) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Make a function of ids the task ``name``; the part before the dot chooses its queue."""

    def declare(work: Callable[P, None]) -> Callable[P, None]:
        shared_task(name=name)(work)
        return work

    return declare


def make_celery(load: Callable[[], Settings]) -> Celery:
    """The application; ``load`` is called when the configuration is first needed, not before."""
    app = Celery("kirana", set_as_current=False)
    app.add_defaults(lambda: configuration(load()))
    return app


def configuration(settings: Settings) -> dict[str, Any]:
    """Celery's settings. The folder for beat's schedule is made if missing."""
    folder = settings.home / "beat"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return {
        "broker_url": settings.redis,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_transport_options": {
            "visibility_timeout": VISIBILITY_SECONDS,
            "socket_keepalive": True,
            "health_check_interval": 25,
        },
        "task_serializer": "json",
        "result_serializer": "json",
        "accept_content": ["json"],
        "task_ignore_result": True,
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "task_time_limit": HARD_LIMIT_SECONDS,
        "task_soft_time_limit": SOFT_LIMIT_SECONDS,
        "worker_prefetch_multiplier": 1,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "task_default_queue": "default",
        "task_queues": [Queue(x, Exchange(x), routing_key=x) for x in QUEUES],  # type: ignore[no-untyped-call]
        "task_routes": {"mail.*": {"queue": "mail"}, "export.*": {"queue": "export"}},
        "beat_schedule": _schedule(),
        "beat_schedule_filename": str(folder / "schedule"),
        "timezone": settings.zone,
    }


def _schedule() -> dict[str, dict[str, Any]]:
    """What beat starts. A tick that nobody took before the next one is worth nothing."""
    return {
        "carry out the outbox": _every("mail.sweep", timedelta(seconds=SWEEP_SECONDS)),
        "go on with exports": _every("export.sweep", timedelta(seconds=SWEEP_SECONDS)),
        "go on with files of personal data": _every(
            "export.sweep_personal", timedelta(seconds=SWEEP_SECONDS)
        ),
        "monthly reports that are due": _every("report.schedule", crontab(minute="7")),
        "check the books, once a night": _every("check.schedule", crontab(minute="50")),
        "count what is bought together, once a night": _every(
            "upkeep.count_pairs", crontab(minute="35")
        ),
        "go on with checks": _every("check.sweep", timedelta(seconds=SWEEP_SECONDS)),
        "seal the audit log": _every("audit.seal", timedelta(minutes=1)),
        "prices and products whose time has come": _every(
            "catalog.carry_out_due", timedelta(seconds=SWEEP_SECONDS)
        ),
        "let go of lapsed holds": _every("upkeep.release_holds", timedelta(minutes=1)),
        "forget idempotency keys": _every("upkeep.purge_keys", crontab(minute="20", hour="3")),
        "forget old sessions": _every("upkeep.forget_sessions", crontab(minute="30", hour="3")),
        "forget links by mail": _every("upkeep.purge_links", crontab(minute="30", hour="3")),
        "forget baskets of guests": _every("upkeep.forget_baskets", crontab(minute="25", hour="3")),
        "forget old jobs": _every("upkeep.purge_jobs", crontab(minute="35", hour="3")),
        "keep SQLite's journal short": _every("upkeep.shorten_journal", timedelta(minutes=1)),
        "forget what the search index has seen": _every(
            "upkeep.forget_changes", crontab(minute="35", hour="3")
        ),
        "forget export files": _every("export.expire", crontab(minute="40", hour="3")),
        "forget files of personal data": _every(
            "export.expire_personal", crontab(minute="45", hour="3")
        ),
        "erase accounts whose time has come": _every("upkeep.erase", crontab(minute="13")),
    }


def _every(name: str, schedule: Any) -> dict[str, Any]:
    lasts = schedule.total_seconds() if isinstance(schedule, timedelta) else 3000
    return {"task": name, "schedule": schedule, "options": {"expires": lasts}}


def wake_through(settings: Settings) -> None:
    """Let ``wake`` reach the workers by ``settings.redis``. Opens nothing yet; idempotent."""
    if settings.redis not in _nudges:
        _nudges[settings.redis] = Nudge(make_celery(lambda: settings))
    on_wake(_nudges[settings.redis])


def _together(hints: Sequence[Hint]) -> list[Hint]:
    """One hint instead of several to a task that takes several ids."""
    several: dict[str, tuple[int, ...]] = defaultdict(tuple)
    for task, ids in hints:
        if task in _TAKES_SEVERAL:
            several[task] += ids
    return [*(hint for hint in hints if hint[0] not in _TAKES_SEVERAL), *several.items()]


class Nudge:
    """Publishes hints from a thread of its own, so that whoever commits never waits or fails.

    The thread begins with the first hint and anew after a fork. After a failure it rests for five
    seconds and drops what comes: the sweep finds it.
    """

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._start_afresh()
        os.register_at_fork(after_in_child=self._start_afresh)

    def __call__(self, task: str, *ids: int) -> None:
        try:
            if self._thread is None:
                self._begin()
            self._bag.put_nowait((task, ids))
        except (queue.Full, RuntimeError) as error:  # too many wait; no thread can be started
            logger.debug("%s%s is left to the sweep: %r", task, ids, error)

    def _start_afresh(self) -> None:
        self._lock = threading.Lock()
        self._bag: queue.Queue[Hint] = queue.Queue(MOST_WAITING)
        self._thread: threading.Thread | None = None
        self._connection: Connection | None = None

    def _begin(self) -> None:
        with self._lock:
            if self._thread is None:
                thread = threading.Thread(target=self._work, name="nudge", daemon=True)
                thread.start()
                self._thread = thread

    def _work(self) -> None:
        rests_until = gathers_until = 0.0
        while True:
            hints = [self._bag.get()]
            if self._bag.qsize() < MOST_TOGETHER:
                time.sleep(max(0.0, gathers_until - time.monotonic()))
            with contextlib.suppress(queue.Empty):
                while len(hints) < MOST_TOGETHER:
                    hints.append(self._bag.get_nowait())
            if time.monotonic() < rests_until:
                continue
            try:
                for task, ids in _together(hints):
                    self._publish(task, ids)
                gathers_until = time.monotonic() + GATHERING_SECONDS
            except Exception as error:  # whatever it is, the sweep makes up for it
                logger.warning("the broker is away, the sweep takes over: %s", error)
                self._connection = None
                rests_until = time.monotonic() + REST_SECONDS

    def _publish(self, task: str, ids: tuple[int, ...]) -> None:
        if self._connection is None:
            self._connection = self._connect()
        self._app.send_task(task, args=ids, connection=self._connection, retry=False)

    def _connect(self) -> Connection:
        """Waits a second at most for anything, and tries once: what fails is dropped."""
        options = {
            "socket_timeout": 1.0,
            "socket_connect_timeout": 1.0,
            "max_retries": 1,
            "interval_start": 0,
            "interval_step": 0,
        }
        return Connection(self._app.conf.broker_url, transport_options=options)  # type: ignore[no-untyped-call]
