"""The machinery itself: a run that proves nothing fails, and what is missing is named."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import run

ROOT = Path(__file__).parents[2]
BROWSER_TEST = "tests/machinery/test_servers.py::test_chromium_runs_scripts"


def _run_of(tmp_path: Path, text: str) -> run.Run:
    test = tmp_path / "test_planted.py"
    test.write_text(text)
    planned = run.Run([])
    planned.step("planted", Path(sys.executable), "-p", "tests.conftest", str(test))
    return planned


def test_a_run_that_passes_ends_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    passed = _run_of(tmp_path, "def test_it(): pass")
    assert passed.close() == 0
    assert "= 1 passed in" in capsys.readouterr().out.splitlines()[-1]


def test_a_failure_is_told_in_the_closing_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = _run_of(tmp_path, "def test_it(): assert False\ndef test_this(): pass")
    assert failed.close() == 1
    assert "= 1 failed, 1 passed in" in capsys.readouterr().out.splitlines()[-1]


def test_a_run_without_tests_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = _run_of(tmp_path, "")
    assert empty.close() == 1
    assert "no test passed" in capsys.readouterr().out


@pytest.mark.parametrize(("in_ci", "outcome"), [("", "1 skipped"), ("true", "1 error")])
def test_a_missing_browser_is_named_and_in_ci_a_failure(in_ci: str, outcome: str) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", BROWSER_TEST],
        cwd=ROOT,
        env={**os.environ, "PATH": "/nowhere", "CI": in_ci},
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome in told.stdout
    assert "Chromium: MISSING" in told.stdout
    assert (told.returncode != 0) == bool(in_ci)


@pytest.mark.parametrize("given", ["sqlite", "postgresql", "sqlite,postgresql"])
def test_each_database_test_is_collected_for_each_database_wanted(given: str) -> None:
    test = "tests/machinery/test_databases.py::test_what_the_migrations_put_in_stays"
    told = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "--databases", given, test],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    collected = [line for line in told.stdout.splitlines() if line.startswith(test)]
    assert sorted(collected) == sorted(f"{test}[{kind}]" for kind in given.split(","))
