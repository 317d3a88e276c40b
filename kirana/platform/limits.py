"""How often something may be done: counted in Redis, in this process while Redis is away."""

import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from redis.exceptions import ConnectionError, NoScriptError  # noqa: A004

from kirana.platform.errors import TooMany
from kirana.platform.redis import Breaker, connect
from kirana.platform.settings import Settings

T = TypeVar("T")
Counter = SlidingWindowCounterRateLimiter
FIRST_WAIT_SECONDS = 60
LONGEST_WAIT_SECONDS = 15 * 60
STREAK_SECONDS = 24 * 3600


class _OneTrip(RedisStorage):
    """Counts deeds and looks at their windows in one call, by the library's own two scripts.

    A call costs as much as a statement, and each write of somebody signed in is counted twice.
    """

    _ALL = (
        b"local function acquire(KEYS, ARGV) %s end\n"
        b"local function look(KEYS, ARGV) %s end\n"
        b"local told = {}\n"
        b"for deed = 1, #KEYS / 2 do\n"
        b"local keys = {KEYS[2 * deed - 1], KEYS[2 * deed]}\n"
        b"local limit = {ARGV[3 * deed - 2], ARGV[3 * deed - 1], ARGV[3 * deed]}\n"
        b"told[#told + 1] = acquire(keys, limit) and 1 or 0\n"
        b"local seen = look(keys, {limit[2]})\n"
        b"for place = 1, 4 do told[#told + 1] = seen[place] or 0 end\n"
        b"if told[#told - 4] == 0 then break end\n"
        b"end\n"
        b"return table.concat(told, ' ')"  # read faster than lists of numbers
    ) % (RedisStorage.SCRIPT_ACQUIRE_SLIDING_WINDOW, RedisStorage.SCRIPT_SLIDING_WINDOW)

    def __init__(self, url: str) -> None:
        super().__init__(url, connection_pool=connect(url).connection_pool)
        self._script: Any = self.get_connection().register_script(self._ALL)
        self._seen, self._idle = threading.local(), dict[int, list[Any]]()

    def count_ahead(self, deeds: Sequence[tuple[str, int, int]]) -> None:
        """Count each (key, limit, expiry) now, until one is too many; told when asked for it."""
        keys, limits = [], []
        for key, limit, expiry in deeds:
            places = self._previous_window_key(key), self._current_window_key(key)
            keys += [self.prefixed_key(place) for place in places]
            limits += [limit, expiry, 1]
        told = [max(0, int(figure)) for figure in self._all(keys, limits).split()]
        each = (told[place : place + 5] for place in range(0, len(told), 5))
        self._seen.by_key = {deed[0]: figures for deed, figures in zip(deeds, each, strict=False)}

    def _all(self, keys: Sequence[str], figures: Sequence[int]) -> bytes:
        """What the script tells, by a connection that is ours alone; one lost is opened anew.

        The pool looks whether one lives before it lends it: that costs more than the call.
        """
        idle = self._idle.setdefault(os.getpid(), [])  # those of before a fork are the parent's
        try:
            connection = idle.pop()
        except IndexError:
            pool = self._script.registered_client.connection_pool
            connection = pool.connection_class(**pool.connection_kwargs)
        try:
            connection.send_command("EVALSHA", self._script.sha, len(keys), *keys, *figures)
            told = bytes(connection.read_response())
        except BaseException as error:
            connection.disconnect()  # an answer that comes late must not be the next one's
            if not isinstance(error, ConnectionError | NoScriptError):
                raise
            told = bytes(self._script(keys, figures))
        idle.append(connection)
        return told

    def acquire_sliding_window_entry(
        self, key: str, limit: int, expiry: int, amount: int = 1
    ) -> bool:
        """Whether it was allowed when this thread counted it ahead."""
        return bool(self._seen.by_key[key][0])

    def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        """The window as it was left then."""
        _, before, before_ends, count, ends = self._seen.by_key[key]
        # The library takes a window that began in this very millisecond for one that is over.
        return before, before_ends / 1000, count, min(ends, 2000 * expiry - 1) / 1000


_local = Counter(MemoryStorage())
_shared: list[Counter] = []
_breaker = Breaker()


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of a limit of ``quota`` deeds in ``window`` seconds.

    ``reset`` is the seconds until more is allowed than now.
    """

    name: str
    quota: int
    window: int
    left: int
    reset: int


def use_redis(url: str) -> None:
    """Count in this Redis, so that all processes share the figures."""
    _shared[:] = [Counter(_OneTrip(url))]


class Deed(NamedTuple):
    """What ``owner`` does, to be counted against ``rule`` ("5/minute") under ``name``."""

    rule: str
    name: str
    owner: str


def deed_of(settings: Settings, rule: str, setting: str, owner: str) -> Deed:
    """One deed of ``owner``, of which ``settings.<setting>`` are allowed per ``rule`` ("hour")."""
    return Deed(f"{getattr(settings, setting)}/{rule}", setting, owner)


def count(deeds: Sequence[Deed]) -> list[tuple[bool, Allowance]]:
    """Count one after the other, until one is too many: whether it was allowed, what is left."""
    return _count(lambda counter: _hit(counter, deeds))


def spend(rule: str, name: str, owner: str) -> None:
    """Count one deed of ``owner`` against ``rule``. Raises TooMany."""
    ((is_free, found),) = count([Deed(rule, name, owner)])
    if not is_free:
        raise TooMany(found.reset)


def wait_for(name: str, owner: str) -> None:
    """Raise TooMany while ``owner`` has to wait after ``count_failure``."""
    seconds = _count(lambda counter: _wait_left(counter, _waiting(name, owner)))
    if seconds:
        raise TooMany(seconds)


def count_failure(name: str, owner: str, free: int) -> None:
    """Presume that a try fails, before it is known, so that many at once are counted as well.

    From the ``free``-th in a row on each makes the next one wait twice as long, up to 15 minutes.
    ``forgive`` ends the row; it ends by itself a day after it began.
    """
    _count(lambda counter: _lengthen(counter, f"{name}/row/{owner}", _waiting(name, owner), free))


def forgive(name: str, owner: str) -> None:
    """The try was good: the row of failures and the wait are over."""
    for key in (f"{name}/row/{owner}", _waiting(name, owner)):
        _count(lambda counter, key=key: counter.storage.clear(key))  # type: ignore[misc]


def _count(work: Callable[[Counter], T]) -> T:
    """Do ``work`` where all processes count; here, when Redis is away."""
    answer = _breaker.run(lambda: (work(_shared[0]),)) if _shared else None
    return answer[0] if answer is not None else work(_local)


def _hit(counter: Counter, deeds: Sequence[Deed]) -> list[tuple[bool, Allowance]]:
    items = [_rule(deed.rule) for deed in deeds]
    if isinstance(counter.storage, _OneTrip):
        places = zip(items, deeds, strict=True)
        counter.storage.count_ahead(
            [(item.key_for(x.name, x.owner), item.amount, item.get_expiry()) for item, x in places]
        )
    found: list[tuple[bool, Allowance]] = []
    for item, deed in zip(items, deeds, strict=True):
        found.append(_told(counter, item, deed))
        if not found[-1][0]:
            break
    return found


def _told(counter: Counter, item: RateLimitItem, deed: Deed) -> tuple[bool, Allowance]:
    is_free = counter.hit(item, deed.name, deed.owner)
    stats = counter.get_window_stats(item, deed.name, deed.owner)
    reset = max(1, int(stats.reset_time - time.time()) + 1)
    told = deed.name, item.amount, item.get_expiry(), stats.remaining if is_free else 0, reset
    return is_free, Allowance(*told)


def _lengthen(counter: Counter, row: str, waiting: str, free: int) -> None:
    over = counter.storage.incr(row, STREAK_SECONDS) - free
    if over >= 0:
        seconds = min(FIRST_WAIT_SECONDS * 2 ** min(over, 16), LONGEST_WAIT_SECONDS)
        counter.storage.incr(waiting, seconds)


def _wait_left(counter: Counter, key: str) -> int:
    if not counter.storage.get(key):
        return 0
    return max(1, int(counter.storage.get_expiry(key) - time.time()) + 1)


def _waiting(name: str, owner: str) -> str:
    return f"{name}/wait/{owner}"


@lru_cache(maxsize=128)
def _rule(rule: str) -> RateLimitItem:
    return parse(rule)
