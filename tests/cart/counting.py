"""Counts the SQL statements of a piece of code, transaction control left out."""

import contextlib
from collections.abc import Iterator
from typing import Any

from sqlalchemy import event

from kirana.platform import db

CONTROL = ("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA")


@contextlib.contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that run inside the block, as a list that fills."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(CONTROL):
            statements.append(statement)

    engine = db.engine()
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)
