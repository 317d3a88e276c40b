"""What several of these tests look at."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import event

from kirana.platform import db


@pytest.fixture
def statements(app: Any) -> Iterator[list[str]]:
    found: list[str] = []

    def hear(*given: Any) -> None:
        if not given[2].startswith(("BEGIN", "COMMIT", "PRAGMA")):
            found.append(given[2])

    event.listen(db.engine(), "before_cursor_execute", hear)
    yield found
    event.remove(db.engine(), "before_cursor_execute", hear)
