"""Waking a worker: a hint that there is work, never the record of it.

Whatever needs doing is a row; a sweep finds it when the hint was lost. Wired to the broker by
``platform/celery.py``; without that (in a test, in a script) nobody is woken.
"""

from collections.abc import Callable
from functools import partial

from kirana.platform.db import after_commit

Publish = Callable[..., None]

_publish: list[Publish] = []


def on_wake(publish: Publish | None) -> None:
    """Install ``publish(task, *ids)``, which must neither raise nor wait; None removes it."""
    _publish[:] = [publish] if publish else []


def wake(task: str, *ids: int) -> None:
    """Ask a worker to run ``task`` with these ids soon."""
    for publish in _publish:
        publish(task, *ids)


def wake_after_commit(task: str, *ids: int) -> None:
    """The same, once the running transaction is committed."""
    after_commit(partial(wake, task, *ids))
