"""What the modules of the shop remember within one process, put back between tests."""

import atexit
import functools
import importlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from argon2 import PasswordHasher
from jinja2 import Environment, FileSystemBytecodeCache
from sqlalchemy import Engine, QueuePool

from kirana.accounts import passwords
from kirana.notifications import rendering
from kirana.platform import cache, db, freshness, lending, limits, wake
from kirana.platform.config import Settings
from kirana.platform.redis import Breaker
from tests.machinery import databases

# Nearly all that making an application costs is compiling its routes: a quarter of a second.
MOST_APPS = 8
_apps: dict[Settings, tuple[Any, dict[str, Any]]] = {}
_idle: dict[tuple[str, int, int], QueuePool] = {}
_cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
_costly = passwords._hasher


def forget() -> None:
    """Counts, versions and rests after failures are as in a process that has just started."""
    limits._breaker = Breaker()
    limits._local.storage.reset()
    freshness.forget()
    wake.on_wake(None)


def connect_slices(settings: Settings) -> None:
    """Every test finds the subscribers that the shop has; none of them wakes a worker."""
    importlib.import_module("kirana.wiring").wire(settings)
    wake.on_wake(None)


def make_app(settings: Settings, home: Path) -> Any:
    """An application as if just made; its routes and templates stay compiled for the next one."""
    if settings not in _apps:
        app = importlib.import_module("kirana.app").create_app(settings)
        folder = home / "templates"
        folder.mkdir(exist_ok=True)
        app.jinja_env.bytecode_cache = FileSystemBytecodeCache(str(folder))
        while len(_apps) >= MOST_APPS:
            del _apps[next(iter(_apps))]
        _apps[settings] = app, _state_of(app)
        return app
    app, state = _apps[settings]
    importlib.import_module("kirana.wiring").wire(settings)
    limits.use_redis(settings.redis)
    freshness.forget()
    for name, values in state.items():
        getattr(app, name).clear()
        getattr(app, name).update(values)
    app.extensions["cache"] = {}
    app.extensions[cache.EXTENSION] = cache.CatalogueCache(app, settings)
    return app


def _state_of(app: Any) -> dict[str, Any]:
    """What tests change in an application."""
    return {name: dict(getattr(app, name)) for name in ("config", "extensions", "view_functions")}


def share_compiled_statements() -> None:
    """Let each new engine find the statements that an earlier one of its kind compiled."""
    make, kept = lending.make_engine, {}

    def make_engine(settings: Settings) -> Engine:
        engine = make(settings)
        known = kept.get(engine.dialect.name)
        # A dialect learns of its database with its own engine's first connection, if that comes.
        if known is not None and hasattr(known[0], "default_isolation_level"):
            engine.dialect, engine._compiled_cache = known
            _take_connection(engine, settings)
        else:
            kept[engine.dialect.name] = engine.dialect, engine._compiled_cache
        return engine

    lending.make_engine = make_engine  # type: ignore[attr-defined]


def share_compiled_mails() -> None:
    """Each test has letters of its own; their templates cost more to compile than to fill in."""
    folder = tempfile.mkdtemp(prefix="kirana-mails")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    shared = functools.partial(Environment, bytecode_cache=FileSystemBytecodeCache(folder))
    rendering.Environment = shared  # type: ignore[attr-defined]


def keep_connection(settings: Settings) -> None:
    """Leave the one idle connection to PostgreSQL to the next test, which then meets no new server.

    A new one costs twenty milliseconds, most of them for what the server learns of each table anew.
    """
    engine = db._database.opened.engine if db._database.opened else None
    if engine is None or not isinstance(engine.pool, QueuePool):
        return
    if engine.dialect.name == "postgresql" and _held(engine.pool) == (0, 1):
        _idle[_connection_key(settings)] = engine.pool
        engine.pool = engine.pool.recreate()


def _held(pool: QueuePool) -> tuple[int, int]:
    """How many connections are in use, and how many wait."""
    return pool.checkedout(), pool.checkedin()


def _connection_key(settings: Settings) -> tuple[str, int, int]:
    return settings.database, settings.threads, databases.age(settings.database)


def _take_connection(engine: Engine, settings: Settings) -> None:
    """Give the engine the connection that was kept, unless it ended meanwhile."""
    pool = _idle.pop(_connection_key(settings), None)
    if pool is None:
        return
    connection = pool.connect()
    try:
        connection.cursor().execute("RESET ALL")
        connection.commit()
    except psycopg.Error:
        connection.invalidate()
    else:
        engine.pool = pool
    finally:
        connection.close()


def make_passwords_cheap() -> None:
    """Hash as cheaply as Argon2 can: thousands of people are made, and signed in, by the tests."""
    passwords._hasher = _cheap


@contextmanager
def costly_passwords() -> Iterator[None]:
    """Hash as the shop does."""
    passwords._hasher = _costly
    yield
    make_passwords_cheap()
