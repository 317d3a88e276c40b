"""Which tests run where: by database, unit or not, quick or not, and in what order."""

import re
from pathlib import Path, PurePosixPath

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

KIND = re.compile(r"[\[-](sqlite|postgresql)[\]-]")
SERVERS = {"home", "valkey", "cluster", "database_kind", "browser", "shop"}
# These start processes of their own, read the whole code or take long.
APART = {"machinery", "rules", "supervision", "mailbox", "journeys", "races", "demo", "check"}
APART |= {"cli", "survival"}
# The tests that measure time.
ALONE = {"check", "journeys"}
# Folders of pure functions: the unit tests, which take a few seconds in all.
PURE = {"unit", "pricing"}


class ByModule(LoadScopeScheduling):  # type: ignore[misc]
    """The tests of a module on one database stay in one worker, which starts its shop once.

    (xdist's own groups hang on a part of pytest that newer versions do not have.)
    """

    def _split_scope(self, nodeid: str) -> str:
        module, _, name = nodeid.partition("::")
        kind = KIND.search(name)
        return f"{module} {kind.group(1) if kind else ''}"


def may_hold_wanted(path: Path, expression: str) -> bool:
    """Whether a folder has to be read at all for ``-m expression``."""
    only = {"unit": PURE, "alone": ALONE}.get(expression)
    if only is not None and path.is_dir() and path.parent.name == "tests":
        return path.name in only
    return expression not in ("unit", "quick") or path.name not in APART


def choose(config: pytest.Config, items: list[pytest.Item], kinds: list[str]) -> None:
    """Drop what is for other databases, mark the rest, put the long tests first."""
    dropped = {item for item in items if not _is_wanted(item, kinds)}
    if dropped:
        config.hook.pytest_deselected(items=list(dropped))
        items[:] = [item for item in items if item not in dropped]
    for item in items:
        _mark(item)
    long = {item.path for item in items if _fixtures(item) & {"shop", "browser"}}
    items.sort(key=lambda item: item.path not in long)


def kind_of(item: pytest.Item) -> str:
    """The database that the item runs on; empty for none."""
    callspec = getattr(item, "callspec", None)
    return str(callspec.params.get("database_kind", "")) if callspec else ""


def _is_wanted(item: pytest.Item, kinds: list[str]) -> bool:
    kind = kind_of(item)
    mark = item.get_closest_marker("on_database")
    return not kind or (kind in kinds and (mark is None or kind in mark.args))


def _mark(item: pytest.Item) -> None:
    """``unit`` needs no server; ``quick`` is what every Python runs."""
    fixtures = _fixtures(item)
    module = PurePosixPath(item.nodeid.partition("::")[0])
    if item.get_closest_marker("alone") and not ALONE.intersection(module.parts):
        raise pytest.UsageError(f"{item.nodeid}: only {sorted(ALONE)} are read for `-m alone`")
    if not APART.intersection(module.parts) and not fixtures & {"browser", "shop"}:
        item.add_marker("quick")
        if not fixtures & SERVERS and PURE.intersection(module.parts):
            item.add_marker("unit")


def _fixtures(item: pytest.Item) -> set[str]:
    return set(getattr(item, "fixturenames", ()))
