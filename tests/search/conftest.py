"""An index in a folder of the test's own, brought up by hand."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kirana.platform.config import Settings
from kirana.search import reading
from tests.catalog.market import Market, open_market
from tests.search.indexing import Index


@pytest.fixture
def market(database: Any) -> Market:
    return open_market()


@pytest.fixture
def index(market: Market, app: Any, settings: Settings, tmp_path: Path) -> Iterator[Index]:
    """The index of this process, with the lock; ``step`` brings it up to the database."""
    made = Index(tmp_path / "search", settings.database)
    reading.use(made.folder.path)
    yield made
    made.folder.unlock()
    reading.use(settings.home / "search")
