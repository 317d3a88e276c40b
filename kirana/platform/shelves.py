"""The first level of the cache: what this process has at hand, bounded in number and in bytes."""

import threading
import time
from collections import OrderedDict
from collections.abc import Hashable, Iterable
from typing import Any

from kirana.platform.meters import Meters

MOST_BYTES = 48 * 1024 * 1024
# Beside the value itself: its key, its place, its end.
_OVERHEAD = 400


class NearShelf:
    """The latest values of this process; what was asked for longest ago makes room.

    Keys carry the version, so that nothing here is ever wrong, only no longer asked for.
    """

    def __init__(
        self, most: int = 8192, largest: int = 4 * 1024 * 1024, most_bytes: int = MOST_BYTES
    ) -> None:
        self._most, self._largest, self._most_bytes = most, largest, most_bytes
        self._values: OrderedDict[Hashable, tuple[float, Any, int]] = OrderedDict()
        self._lock = threading.Lock()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: Hashable) -> Any:
        return self.get_many((key,))[0]

    def get_many(self, keys: Iterable[Hashable]) -> list[Any]:
        """What there is for each, else None."""
        values, now = self._values, time.monotonic()
        answer: list[Any] = []
        with self._lock:
            for key in keys:
                found = values.get(key)
                if found is None or found[0] < now:
                    answer.append(None)
                else:
                    values.move_to_end(key)
                    answer.append(found[1])
        return answer

    def put(self, key: Hashable, value: Any, seconds: float, size: int) -> bool:
        """Keep ``value``, which takes ``size`` bytes; False if it is too large to be kept."""
        if size > self._largest:
            return False
        size += _OVERHEAD
        with self._lock:
            self._drop(key)
            self._values[key] = (time.monotonic() + seconds, value, size)
            self.bytes += size
            while len(self._values) > self._most or self.bytes > self._most_bytes:
                self._drop(next(iter(self._values)))
        return True

    def tell(self, meters: Meters) -> None:
        meters.show("entries", len(self))
        meters.show("bytes", self.bytes)

    def _drop(self, key: Hashable) -> None:
        if dropped := self._values.pop(key, None):
            self.bytes -= dropped[2]
