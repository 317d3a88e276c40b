"""Fixtures over real databases and servers, and the closing summary of what was used.

A test that asks for ``database`` (or ``settings``, ``app``, ``client``, ``shop``) runs on SQLite
and on PostgreSQL. ``@pytest.mark.on_database("sqlite")`` narrows that down.
"""

import contextlib
import functools
import gc
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from kirana.platform import db
from kirana.platform.config import Settings
from tests.machinery import browser as chromium
from tests.machinery import inventory, memory, postgres, selection
from tests.machinery import valkey as valkey_server
from tests.machinery.databases import (
    KINDS,
    SECRET,
    Database,
    PostgresSource,
    SqliteSource,
    fast_folder,
)
from tests.machinery.processes import drop_folder
from tests.machinery.shop import Shop

TALLY = "KIRANA_TEST_TALLY"
OUTCOMES = ("passed", "failed", "error", "skipped", "xfailed", "xpassed")


# ---- options and order


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--databases", default=",".join(KINDS), help="databases to test on (sqlite,postgresql)"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "on_database(kind): run on this kind of database only")
    config.addinivalue_line("markers", "unit: needs no server; given by itself")
    config.addinivalue_line("markers", "alone: measures time, so nothing may run beside it")
    config.addinivalue_line("markers", "quick: run on every Python; given by itself")
    for name in [name for name in os.environ if name.startswith("KIRANA_")]:
        if not name.startswith("KIRANA_TEST_"):
            del os.environ[name]
    memory.make_passwords_cheap()
    memory.share_compiled_statements()
    memory.share_compiled_mails()
    if _is_controller_of_workers(config) and "postgresql" in _databases(config):
        _start_cluster_for_all(config)


def _is_controller_of_workers(config: pytest.Config) -> bool:
    return bool(getattr(config.option, "numprocesses", None)) and not hasattr(config, "workerinput")


def _databases(config: pytest.Config) -> list[str]:
    return str(config.getoption("--databases")).split(",")


def _start_cluster_for_all(config: pytest.Config) -> None:
    programs = postgres.find_programs()
    if postgres.ADDRESS in os.environ or programs is None:
        return
    cluster = postgres.start_cluster(programs)
    os.environ[postgres.ADDRESS] = str(cluster.folder)
    config.add_cleanup(cluster.stop)
    config.add_cleanup(functools.partial(os.environ.__delitem__, postgres.ADDRESS))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    needed = selection.may_hold_wanted(collection_path, config.getoption("-m"))
    return None if needed else True


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    selection.choose(config, items, _databases(config))


def pytest_collection_finish() -> None:
    """What was loaded by now stays: it need not be looked through for garbage again and again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    return selection.ByModule(config, log)


# ---- servers


def need(part: str, found: Any) -> Any:
    """``found``, or a skip that the closing summary names; in CI a failure."""
    if found is None:
        (pytest.fail if inventory.in_ci() else pytest.skip)(f"this machine has no {part}")
    return found


def _used(request: pytest.FixtureRequest, what: str) -> None:
    request.node.user_properties.append(("used", what))


@pytest.fixture(scope="session")
def home() -> Iterator[Path]:
    """The KIRANA_HOME of in-process tests."""
    folder = fast_folder("home")
    yield folder
    drop_folder(folder)


@pytest.fixture(scope="session")
def cluster() -> Iterator[postgres.Cluster]:
    """The PostgreSQL of the run: the one already started, or our own."""
    if address := os.environ.get(postgres.ADDRESS):
        yield postgres.attach(address)
        return
    started = postgres.start_cluster(need("PostgreSQL", postgres.find_programs()))
    yield started
    started.stop()


@pytest.fixture(scope="session")
def sqlite_source(home: Path) -> SqliteSource:
    return SqliteSource(home)


@pytest.fixture(scope="session")
def postgres_source(cluster: postgres.Cluster, home: Path) -> Iterator[PostgresSource]:
    source = PostgresSource(cluster, home)
    yield source
    source.close()


@pytest.fixture(scope="session")
def _valkey_of_run() -> Iterator[valkey_server.Valkey]:
    server = valkey_server.Valkey(need("Valkey", valkey_server.find_program()))
    yield server
    server.close()


@pytest.fixture
def valkey(
    request: pytest.FixtureRequest, _valkey_of_run: valkey_server.Valkey
) -> valkey_server.Valkey:
    """A running, empty Valkey. A test may stop or pause it; the next one finds it restored."""
    _used(request, "Valkey")
    _valkey_of_run.restore()
    return _valkey_of_run


# ---- the database of a test


@pytest.fixture(scope="session", params=KINDS)
def database_kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def _address(request: pytest.FixtureRequest, database_kind: str, home: Path) -> str:
    _used(request, database_kind)
    if database_kind == "sqlite":
        source: SqliteSource = request.getfixturevalue("sqlite_source")
        return source.fresh(home / "kirana.sqlite3")
    return str(request.getfixturevalue("postgres_source").fresh())


@pytest.fixture
def settings(_address: str, home: Path, valkey: valkey_server.Valkey) -> Settings:
    """Settings for a migrated database without rows and an empty Valkey."""
    return Settings(
        env="test",
        home=home,
        secret=SECRET,
        database_url=_address,
        redis_url=valkey.url,
        smtp_url="smtp://127.0.0.1:9",
    )


@pytest.fixture
def database(settings: Settings, database_kind: str) -> Iterator[Database]:
    """A migrated database without rows, to which ``kirana.platform.db`` is connected."""
    db.dispose()
    memory.forget()
    memory.connect_slices(settings)
    yield Database(database_kind, settings.database_url)
    memory.forget()
    memory.keep_connection(settings)
    db.dispose()


@pytest.fixture
def blank_database(
    request: pytest.FixtureRequest, database_kind: str, tmp_path: Path
) -> Iterator[Database]:
    """A database without any table, to test migrations on. The engine is not configured."""
    _used(request, database_kind)
    if database_kind == "sqlite":
        yield Database(database_kind, f"sqlite:///{tmp_path / 'blank.sqlite3'}")
    else:
        source: PostgresSource = request.getfixturevalue("postgres_source")
        with source.own(migrated=False) as url:
            yield Database(database_kind, url)
    db.dispose()


# ---- the application


@pytest.fixture
def app(database: Database, settings: Settings, home: Path) -> Any:
    """The web application in this process."""
    return memory.make_app(settings, home)


@pytest.fixture
def costly_passwords() -> Iterator[None]:
    """Passwords hashed with the shop's own costs; all other tests hash cheaply."""
    with memory.costly_passwords():
        yield


@pytest.fixture
def client(app: Any) -> Any:
    """Flask's test client, with a cookie jar of its own."""
    return app.test_client()


@pytest.fixture(scope="module")
def shop_address(request: pytest.FixtureRequest, database_kind: str) -> Iterator[str]:
    with contextlib.ExitStack() as stack:
        if database_kind == "sqlite":
            folder = fast_folder("shop-database")
            stack.callback(drop_folder, folder)
            source: SqliteSource = request.getfixturevalue("sqlite_source")
            yield source.fresh(folder / "kirana.sqlite3")
        else:
            other: PostgresSource = request.getfixturevalue("postgres_source")
            yield stack.enter_context(other.own())


@pytest.fixture(scope="module")
def _shop_of_module(shop_address: str) -> Iterator[Shop]:
    program = need("Valkey", valkey_server.find_program())
    with Shop(shop_address, program).running() as shop:
        yield shop


@pytest.fixture
def shop(request: pytest.FixtureRequest, database_kind: str, _shop_of_module: Shop) -> Shop:
    """The whole shop as processes (web, worker, beat, mailbox, Valkey), one for each module.

    What a test stopped or killed runs again for the next one; the rows stay.
    """
    for what in (database_kind, "Valkey", "web", "worker", "beat", "mailbox"):
        _used(request, what)
    _shop_of_module.restore()
    return _shop_of_module


# ---- the browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The machine's Chromium without a window."""
    with chromium.open_browser(need("Chromium", chromium.find_chromium())) as opened:
        yield opened


@pytest.fixture
def new_page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens pages in fresh contexts: ``new_page(viewport=…, color_scheme=…)``."""
    _used(request, "Chromium")
    contexts = []

    def open_page(**options: Any) -> Page:
        context = browser.new_context(**options)
        context.set_default_timeout(10_000)
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """One page in a fresh context."""
    return new_page()


# ---- the end


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """In CI a machine that lacks something has failed."""
    if inventory.in_ci() and inventory.missing() and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    counted: Counter[str] = Counter()
    for outcome in OUTCOMES:
        for report in terminalreporter.stats.get(outcome, ()):
            properties = getattr(report, "user_properties", ())  # a module may fail to import
            counted.update({value for name, value in properties if name == "used"})
    terminalreporter.section("machinery")
    for part in inventory.parts():
        state = part.version or f"MISSING, its tests were skipped: {part.remedy}"
        terminalreporter.line(f"{part.name}: {state}")
    used = ", ".join(f"{name} {number}" for name, number in sorted(counted.items()))
    terminalreporter.line(f"tests by what they used: {used or 'no server'}")
    if path := os.environ.get(TALLY):
        tally = {name: len(terminalreporter.stats.get(name, ())) for name in OUTCOMES}
        Path(path).write_text(json.dumps(tally))
