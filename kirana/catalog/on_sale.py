"""What is on sale, and how much of it there is in each category.

A count reads every product on sale. While that is quick it is exact; where it is not, it is told
for a while as it was, so that a large shop that changes all the time does not count all the time,
and is then counted anew while nobody waits for it.
"""

from dataclasses import dataclass, replace
from threading import Lock, Thread
from time import monotonic
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Pool, and_, func, select

from kirana.catalog.models import Product
from kirana.platform.db import in_transaction, query
from kirana.stores.models import Store

# What the public can see and buy.
ON_SALE = and_(Product.status == "published", Store.status == "open")
# Products; to count so many takes some ten milliseconds.
QUICKLY_COUNTED = 20_000
KEPT_SECONDS, LONGEST_SECONDS = 30.0, 300.0
# Of one process's time about a hundredth goes into counting.
SHARE = 100
_COUNTS = (
    select(Product.category_id, func.count())
    .join(Store, Store.id == Product.store_id)
    .where(ON_SALE)
    .group_by(Product.category_id)
)


@dataclass(frozen=True, slots=True)
class _Counted:
    counts: dict[int, int]
    until: float


_kept: WeakKeyDictionary[Pool, _Counted] = WeakKeyDictionary()
_first = Lock()


def count_on_sale(connection: Connection) -> dict[int, int]:
    """Products on sale by the key of their category; of many products up to five minutes old, or
    as old as the last time that anybody asked.

    Locks: outside a transaction, that of this process's first count.
    """
    pool, now = connection.engine.pool, monotonic()
    known = _kept.get(pool)
    if known is None and in_transaction():
        return _count(connection)
    if known is None:
        with _first:  # all who come meanwhile would count as well, for seconds
            known = _kept.get(pool)
            return _count(connection) if known is None else known.counts
    if now >= known.until:
        _kept[pool] = replace(known, until=now + LONGEST_SECONDS)  # or everybody would count now
        Thread(target=_count_anew, name="count", daemon=True).start()
    return known.counts


def _count(connection: Connection) -> dict[int, int]:
    pool, begun = connection.engine.pool, monotonic()
    counts = {row[0]: row[1] for row in connection.execute(_COUNTS)}
    if sum(counts.values()) > QUICKLY_COUNTED:
        now = monotonic()
        seconds = min(max(KEPT_SECONDS, SHARE * (now - begun)), LONGEST_SECONDS)
        _kept[pool] = _Counted(counts, now + seconds)
    else:
        _kept.pop(pool, None)
    return counts


_count_anew = query(_count)
