"""The rules, held against the product."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.rules import bandit_run, code, files, security
from tests.rules.source import ROOT, Source, product, settings_of_the_build, templates

LONGEST_PAGE = {"README.md": 100, "ARCHITECTURE.md": 200}


@pytest.mark.parametrize("rule", [*code.RULES, *security.RULES], ids=lambda rule: rule.__name__)
def test_code(rule: Callable[[Source], list[str]]) -> None:
    assert [finding for source in product() for finding in rule(source)] == []


def test_what_was_reviewed_is_still_there() -> None:
    functions = {f"{each.path} {node.name}" for each in product() for node in each.functions()}
    assert security.ASKS_NOBODY.keys() <= functions
    assert security.READERS.keys() <= {source.path for source in product()}


def test_bandit_finds_nothing_that_was_not_reviewed() -> None:
    found = bandit_run.findings()
    assert sorted(found - bandit_run.REVIEWED.keys()) == []
    assert sorted(bandit_run.REVIEWED.keys() - found) == [], "reviewed, but no longer there"


def test_each_silenced_warning_says_why() -> None:
    assert [finding for each in product() for finding in security.silence_has_a_reason(each)] == []


def test_the_product_was_found() -> None:
    assert len(product()) > 50
    assert templates()
    assert len(settings_of_the_build()) >= 5


def test_the_product_is_small() -> None:
    assert files.product_is_small(product()) == []


def test_templates() -> None:
    assert [finding for each in templates() for finding in files.templates_are_clean(each)] == []


def test_lock_files() -> None:
    locks = [each for each in settings_of_the_build() if each.path.endswith(".lock")]
    assert len(locks) == 2
    assert [finding for lock in locks for finding in files.lock_is_whole(lock)] == []


def test_no_download_address() -> None:
    found = [finding for each in settings_of_the_build() for finding in _addresses(each)]
    assert found == []


def _addresses(source: Source) -> list[str]:
    return files.no_download_address(source)


def test_settings_are_documented() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text()
    assert files.settings_are_documented(page) == []


@pytest.mark.parametrize(("name", "most"), LONGEST_PAGE.items())
def test_pages_are_short(name: str, most: int) -> None:
    assert len((ROOT / name).read_text().splitlines()) <= most


@pytest.mark.on_database("sqlite")
def test_every_route_declares_who_may_call_it(app: Any) -> None:
    assert len(list(app.url_map.iter_rules())) > 20
    assert files.routes_declare_access(app) == []


def test_every_slice_is_under_the_contract() -> None:
    contract = (ROOT / ".importlinter").read_text()
    slices = {path.parent.name for path in ROOT.glob("kirana/*/__init__.py")}
    apart = {"platform", "edge", "supervisor", "mailbox", "demo", "check", "web"}
    inside = contract.partition("contract:inside")[2]
    listed = {line.strip().removeprefix("kirana.") for line in inside.splitlines()}
    assert sorted(slices - apart - listed) == []


def test_nothing_was_written_into_the_checkout() -> None:
    litter = ["celerybeat-schedule*", "dump.rdb", "*.sqlite3*", "*.pid"]
    assert [str(path) for name in litter for path in Path(ROOT).glob(name)] == []
