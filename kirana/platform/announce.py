"""How a lower slice lets upper ones take part: subscribers wired in ``app.py``.

They run inside the announcer's transaction and may return notes for the person who acts.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection

Subscriber = Callable[..., str | None]

_subscribers: dict[str, list[Subscriber]] = {}


def subscribe(name: str, subscriber: Subscriber) -> None:
    """Call ``subscriber(connection, **facts)`` whenever ``name`` is announced. Idempotent."""
    known = _subscribers.setdefault(name, [])
    if subscriber not in known:
        known.append(subscriber)


def announce(connection: Connection, name: str, **facts: Any) -> list[str]:
    """Tell everyone who subscribed; returns their notes."""
    notes = [call(connection, **facts) for call in _subscribers.get(name, ())]
    return [note for note in notes if note]
