"""A demo shop seeded once for all commands that only read it, and empty homes for the others."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.running import Shop
from tests.machinery.databases import fast_folder
from tests.machinery.processes import drop_folder


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """What ``kirana demo --seed 1`` made, once. Tests that change rows ask for ``demo``."""
    folder = fast_folder("cli")
    shop = Shop(folder / "home")
    shutil.copytree(_seeded_once(tmp_path_factory), shop.home)
    yield shop
    drop_folder(folder)


def _seeded_once(factory: pytest.TempPathFactory) -> Path:
    """The home that the first worker to ask for it seeds; the others wait for it and copy it."""
    base = factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    home, done = shared / "seeded", shared / "seeded-done"
    with (shared / "seeded-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(home, ignore_errors=True)
            assert Shop(home)("demo", "--seed", "1").answer
            done.touch()
    return home


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
