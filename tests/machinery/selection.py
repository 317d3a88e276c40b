"""Which tests run where: by database, unit or not, quick or not, and in what order."""

from pathlib import Path, PurePosixPath

import pytest

SERVERS = {"home", "valkey", "cluster", "database_kind", "browser", "shop"}
# These start processes of their own, read the whole code or take long.
APART = {"machinery", "rules", "supervision", "mailbox", "journeys", "races", "demo", "check"}
APART |= {"cli"}


def may_hold_unit_tests(path: Path, expression: str) -> bool:
    """Whether a folder has to be read at all for ``-m expression``."""
    return expression not in ("unit", "quick") or path.name not in APART


def choose(config: pytest.Config, items: list[pytest.Item], kinds: list[str]) -> None:
    """Drop what is for other databases, mark the rest, put the long tests first."""
    dropped = {item for item in items if not _is_wanted(item, kinds)}
    if dropped:
        config.hook.pytest_deselected(items=list(dropped))
        items[:] = [item for item in items if item not in dropped]
    for item in items:
        _mark(item)
    items.sort(key=lambda item: "shop" not in _fixtures(item))


def kind_of(item: pytest.Item) -> str:
    """The database that the item runs on; empty for none."""
    callspec = getattr(item, "callspec", None)
    return str(callspec.params.get("database_kind", "")) if callspec else ""


def _is_wanted(item: pytest.Item, kinds: list[str]) -> bool:
    kind = kind_of(item)
    mark = item.get_closest_marker("on_database")
    return not kind or (kind in kinds and (mark is None or kind in mark.args))


def _mark(item: pytest.Item) -> None:
    """``unit`` needs no server; ``quick`` is what every Python runs; a shop stays in one worker."""
    fixtures = _fixtures(item)
    module = PurePosixPath(item.nodeid.partition("::")[0])
    if not APART.intersection(module.parts) and not fixtures & {"browser", "shop"}:
        item.add_marker("quick")
        if not fixtures & SERVERS:
            item.add_marker("unit")
    if "shop" in fixtures:
        item.add_marker(pytest.mark.xdist_group(f"{module}-{kind_of(item)}"))


def _fixtures(item: pytest.Item) -> set[str]:
    return set(getattr(item, "fixturenames", ()))
