"""Public reads kept in Redis by Flask-Caching, and for a moment in this process.

The database decides; this only saves work. What is kept depends on nothing but its key and the
catalogue's version, never on who asks. With Redis away the store goes on without it.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from cachelib.serializers import RedisSerializer
from flask import Flask, Response, current_app, g, request
from flask_caching import Cache
from flask_caching.backends.rediscache import RedisCache

from kirana.platform import db, freshness, migrations
from kirana.platform.config import Settings
from kirana.platform.http import Answer
from kirana.platform.meters import meters_in
from kirana.platform.redis import Breaker, connect
from kirana.platform.shelves import NearShelf

T = TypeVar("T")
EXTENSION = "kirana_cache"
LONGEST_SECONDS = 60
_OF_WRITES = ("HTTP_IF_MATCH", "HTTP_IF_UNMODIFIED_SINCE")
# Part of every page's header: a private page made around it is not told to come from a cache.
IN_EVERY_PAGE = frozenset({"departments"})
_PLAIN_KEY = re.compile(r"[\w.=-]{0,80}", re.ASCII)


class MessagePack(RedisSerializer):
    """Values as MessagePack: unlike pickle, nothing in Redis can run code here."""

    def dumps(self, value: Any, protocol: int = 0) -> bytes:
        return msgspec.msgpack.encode(value)

    def loads(self, value: bytes | None) -> Any:
        try:
            return None if value is None else msgspec.msgpack.decode(value)
        except msgspec.DecodeError:
            return None


class PatientRedis(RedisCache):
    """Flask-Caching's Redis backend that waits 150 ms at most, then rests, and never raises."""

    serializer = MessagePack()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.breaker = Breaker()

    @classmethod
    def factory(
        cls, app: Flask, config: dict[str, Any], args: list[Any], kwargs: dict[str, Any]
    ) -> "PatientRedis":
        client = connect(config["CACHE_REDIS_URL"])
        return cls(host=client, key_prefix=config["CACHE_KEY_PREFIX"], **kwargs)

    def get(self, key: str) -> Any:
        return self.breaker.run(lambda: RedisCache.get(self, key))

    def get_many(self, *keys: str) -> list[Any]:
        return self.breaker.run(lambda: RedisCache.get_many(self, *keys)) or [None] * len(keys)

    def set(self, key: str, value: Any, timeout: Any = None) -> bool:
        return bool(self.breaker.run(lambda: RedisCache.set(self, key, value, timeout)))

    def add(self, key: str, value: Any, timeout: Any = None) -> bool:
        """Set it unless it is there, together with its end, in one step."""
        data, seconds = self.serializer.dumps(value), int(timeout or self.default_timeout)
        name = f"{self._get_prefix()}{key}"
        write = self._write_client.set
        return bool(self.breaker.run(lambda: write(name, data, ex=seconds, nx=True)))

    def delete(self, key: str) -> bool:
        return bool(self.breaker.run(lambda: RedisCache.delete(self, key)))

    def has(self, key: str) -> bool:
        return bool(self.breaker.run(lambda: RedisCache.has(self, key)))

    def clear(self) -> bool:
        return bool(self.breaker.run(lambda: RedisCache.clear(self)))

    @property
    def is_away(self) -> bool:
        return self.breaker.is_open


@dataclass(slots=True, eq=False)
class Near:
    """A value that this process has at hand; its entity tag is made when it is first asked for."""

    body: bytes
    _tag: str = ""

    def tag(self) -> str:
        self._tag = self._tag or hashlib.blake2b(self.body, digest_size=12).hexdigest()
        return self._tag


class CatalogueCache:
    """Answers filed under the catalogue's version: near, then in Redis, then produced."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        self.near = NearShelf()
        # Of single products. Small and many: among the answers they would crowd out the pages.
        self.cards = NearShelf(most=16_384, most_bytes=24 * 1024 * 1024)
        self.meters = meters_in(settings.home)
        self.shared = Cache(
            app,
            config={
                "CACHE_TYPE": f"{__name__}.{PatientRedis.__qualname__}",
                "CACHE_REDIS_URL": settings.redis,
                "CACHE_KEY_PREFIX": freshness.PREFIX,
                "CACHE_DEFAULT_TIMEOUT": LONGEST_SECONDS,
            },
        )

    @property
    def backend(self) -> PatientRedis:
        return self.shared.cache  # type: ignore[return-value]

    def read(
        self, kind: str, key: str, produce: Callable[[], bytes], seconds: int
    ) -> tuple[Near, bool]:
        """The value and whether it was there; with 0 seconds it stays in this process.

        A fresh one is kept only if the version it was made under is still the database's.
        """
        version = freshness.current()
        name = _name(kind, key, version)
        found: Near | None = self.near.get(name)
        if found is not None:
            self.meters.count("near_hits")
        elif seconds:
            found, version = self._shared(kind, key, version, seconds)
            name = _name(kind, key, version)
        if found is not None:
            return found, True
        begun = db.queries_so_far()
        made = Near(produce())
        self.meters.count("made")
        if freshness.latest(begun) == version:
            if seconds:
                self.backend.set(name, made.body, seconds)
            self._put(name, made, seconds or LONGEST_SECONDS)
        else:
            self.meters.count("overtaken")
        return made, False

    def _shared(self, kind: str, key: str, version: int, seconds: int) -> tuple[Near | None, int]:
        """What Redis has of it, and the version that is of: whoever raised it has told Redis.

        That copy may be late or lost; it is never believed, only looked into.
        """
        for _ in range(2):
            name = _name(kind, key, version)
            found, told = self.backend.get_many(name, freshness.copy_name())
            known, version = version, freshness.hear(told) if isinstance(told, int) else version
            if version == known:
                break
        if not isinstance(found, bytes) or version != known:
            return None, version
        self.meters.count("shared_hits")
        kept = Near(found)
        self._put(name, kept, min(seconds, freshness.TRUSTED_SECONDS * 4))
        return kept, version

    def _put(self, name: str, kept: Near, seconds: float) -> None:
        self.near.put(name, kept, seconds, len(kept.body))
        self.near.tell(self.meters)


def install(app: Flask, settings: Settings | None = None) -> None:
    """Give the application its cache and its answers their ``X-Cache``. Opens nothing."""
    freshness.forget()
    chosen: Settings = settings or app.config["SETTINGS"]
    app.extensions[EXTENSION] = CatalogueCache(app, chosen)
    app.after_request(_tell)


def cached(kind: str, key: str, produce: Callable[[], bytes], seconds: int = 60) -> bytes:
    """``produce()``, or what it gave before for this key and catalogue version.

    Only for public reads that do not depend on the caller.
    """
    return _look(kind, key, produce, seconds).body


def _look(kind: str, key: str, produce: Callable[[], bytes], seconds: int) -> Near:
    kept, was_there = cache_of(current_app).read(kind, key, produce, min(seconds, LONGEST_SECONDS))
    hits: dict[str, bool] = g.setdefault("cache_hits", {})
    hits[kind] = was_there and hits.get(kind, True)
    return kept


def cached_as(
    shape: type[T], kind: str, key: str, produce: Callable[[], T], seconds: int = 60
) -> T:
    """As ``cached``, for structs of ``shape`` (for pages, which render from them)."""
    fresh: list[T] = []

    def pack() -> bytes:
        fresh.append(produce())
        return msgspec.msgpack.encode(fresh[0])

    packed = cached(kind, key, pack, seconds)
    try:
        return fresh[0] if fresh else msgspec.msgpack.decode(packed, type=shape)
    except msgspec.DecodeError:
        # Left there by a release in which the struct looked different.
        return produce()


def cached_answer(
    kind: str, key: str, produce: Callable[[], Any], seconds: int = 60
) -> Answer[Any]:
    """A public JSON answer with an entity tag; clients ask again each time (304).

    With 0 seconds it is not worth the way to Redis and stays in this process.
    """
    kept = _look(kind, key, lambda: msgspec.json.encode(produce()), seconds)
    headers = {
        "Cache-Control": "public, no-cache",
        "ETag": f'W/"{kept.tag()}"',
        "Vary": "Accept-Encoding",
    }
    return Answer(msgspec.Raw(kept.body), headers)


def steady(key: str, produce: Callable[[], str], seconds: int) -> tuple[str, bool]:
    """A value that stays the same for ``seconds`` in all processes, straight from Redis.

    The second is False when Redis is away; then the value is a new one.
    """
    backend = cache_of(current_app).backend
    name = f"{migrations.schema()}:{key}"
    found = backend.get(name)
    g.setdefault("cache_hits", {})[key] = found is not None
    if found is None and not backend.add(name, found := produce(), seconds):
        # Another process was first, or Redis is away.
        found = backend.get(name) or found
    return str(found), not backend.is_away


def cache_of(app: Flask) -> CatalogueCache:
    """What ``install`` gave this application."""
    found: CatalogueCache = app.extensions[EXTENSION]
    return found


def hit_or_miss() -> str:
    """What ``X-Cache`` says of the answer that is being made; empty where no cache was asked."""
    hits: dict[str, bool] = g.get("cache_hits", {})
    if not hits.keys() - IN_EVERY_PAGE:
        return ""
    return "hit" if all(hits.values()) else "miss"


def _tell(response: Response) -> Response:
    if state := hit_or_miss():
        response.headers.add("X-Cache", state)
        is_asked = "HTTP_IF_NONE_MATCH" in request.environ
        if is_asked and response.status_code == 200 and "ETag" in response.headers:
            answer_if_none_match(response)
    return response


def answer_if_none_match(response: Response) -> None:
    """Make it a 304 if the caller has it already. ``If-Match`` is about writes: not looked at."""
    asked = {name: value for name, value in request.environ.items() if name not in _OF_WRITES}
    response.make_conditional(asked)


def _short(key: str) -> str:
    """The key itself where it is short and plain."""
    if _PLAIN_KEY.fullmatch(key):
        return key
    return hashlib.blake2b(key.encode(), digest_size=20).hexdigest()


def _name(kind: str, key: str, version: int) -> str:
    return f"{migrations.schema()}:{kind}:{_short(key)}:{version}"
