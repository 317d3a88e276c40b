"""A demo shop seeded once for all commands that only read it, and empty homes for the others."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.running import Shop
from tests.machinery.databases import fast_folder
from tests.machinery.processes import drop_folder


@pytest.fixture(scope="session")
def seeded() -> Iterator[Shop]:
    """What ``kirana demo --seed 1`` made. Tests that change rows ask for ``demo``."""
    folder = fast_folder("cli")
    shop = Shop(folder / "home")
    shop("demo", "--seed", "1")
    yield shop
    drop_folder(folder)


@pytest.fixture
def demo(seeded: Shop, tmp_path: Path) -> Shop:
    """A copy of the demo shop's database, to be changed."""
    home = tmp_path / "home"
    shutil.copytree(seeded.home, home, ignore=shutil.ignore_patterns("media"))
    return Shop(home)


@pytest.fixture
def fresh(tmp_path: Path) -> Shop:
    """A home that does not exist yet."""
    return Shop(tmp_path / "home")
