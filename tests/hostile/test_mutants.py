"""Holes put into a copy of the shop are found out by the tests that stand guard over them.

That a role read from the token is found out: tests/accounts/test_next_request.py. That a dropped
escape is: test_escaping.py.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.rules.source import ROOT

PARTS = ("kirana", "tests", "migrations", "main.py", "pyproject.toml")


class Hole(NamedTuple):
    """``old`` in ``path`` becomes ``new``; ``test`` must fail then."""

    path: str
    old: str
    new: str
    test: str


HOLES = {
    "ownership filter dropped in one query": Hole(
        "kirana/orders/queries.py",
        "_ORDER.where(Order.number == number, visible_to(actor))",
        "_ORDER.where(Order.number == number)",
        "tests/orders/test_orders_over_http.py::test_a_strangers_order_is_not_there",
    ),
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mutant")
    for part in PARTS:
        source = ROOT / part
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / part)
    return folder


@pytest.mark.parametrize("name", HOLES)
def test_a_hole_is_found_out(copy: Path, name: str) -> None:
    hole = HOLES[name]
    file = copy / hole.path
    sound = file.read_text()
    assert sound.count(hole.old) == 1, f"{hole.path} no longer has {hole.old!r} once"
    assert run(copy, hole.test) == 0
    file.write_text(sound.replace(hole.old, hole.new))
    assert run(copy, hole.test) == 1
    file.write_text(sound)


def run(folder: Path, test: str) -> int:
    """How pytest ends in that copy: 0 if the test passes, 1 if it fails, else an accident."""
    options = ["-q", "-n", "0", "-p", "no:cacheprovider", "--databases", "sqlite"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, test],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTEST_ADDOPTS": ""},
        capture_output=True,
        timeout=150,
        check=False,
    )
    return done.returncode
