"""Redis (or Valkey) as a helper that may be away: short waits, and a rest after each failure."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

import redis

T = TypeVar("T")
WAIT_SECONDS = 0.15
REST_SECONDS = 5.0


def connect(url: str) -> redis.Redis:
    """A client that waits at most 150 ms and never repeats by itself. Opens nothing yet."""
    return redis.Redis.from_url(
        url,
        socket_timeout=WAIT_SECONDS,
        socket_connect_timeout=WAIT_SECONDS,
        retry=None,
        health_check_interval=0,
    )


class Breaker:
    """Runs calls to Redis; after a failure answers None at once for five seconds."""

    def __init__(self) -> None:
        self._until = 0.0
        self._lock = threading.Lock()

    @property
    def is_open(self) -> bool:
        return time.monotonic() < self._until

    def run(self, call: Callable[[], T]) -> T | None:
        """The call's answer, or None when Redis is away or resting."""
        if self.is_open:
            return None
        try:
            return call()
        except (redis.RedisError, OSError):
            with self._lock:
                self._until = time.monotonic() + REST_SECONDS
            return None
