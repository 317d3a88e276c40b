"""How often something may be done: counted in Redis, in this process while Redis is away."""

import time
from functools import lru_cache

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from kirana.platform.errors import TooMany
from kirana.platform.redis import Breaker, connect

_local = SlidingWindowCounterRateLimiter(MemoryStorage())
_shared: list[SlidingWindowCounterRateLimiter] = []
_breaker = Breaker()


def use_redis(url: str) -> None:
    """Count in this Redis, so that all processes share the figures."""
    _shared[:] = [
        SlidingWindowCounterRateLimiter(
            RedisStorage(url, connection_pool=connect(url).connection_pool)
        )
    ]


def spend(rule: str, name: str, owner: str) -> None:
    """Count one deed of ``owner`` against ``rule`` ("5/minute"). Raises TooMany."""
    item = _rule(rule)
    if not _hit(item, name, owner):
        reset = (
            _breaker.run(lambda: _shared[0].get_window_stats(item, name, owner).reset_time)
            if _shared
            else None
        )
        seconds = max(1, int((reset or time.time() + item.get_expiry()) - time.time()) + 1)
        raise TooMany(retry_after=seconds)


def _hit(item: RateLimitItem, name: str, owner: str) -> bool:
    if _shared:
        answer = _breaker.run(lambda: _shared[0].hit(item, name, owner))
        if answer is not None:
            return answer
    return _local.hit(item, name, owner)


@lru_cache(maxsize=64)
def _rule(rule: str) -> RateLimitItem:
    return parse(rule)
