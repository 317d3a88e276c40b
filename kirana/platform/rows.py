"""Rows as the reads of all slices want them: one that must be there, or a page of the newest."""

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Connection, Row

from kirana.platform.errors import NotFound
from kirana.platform.paging import Page, decode_cursor, to_page

T = TypeVar("T")


def existing(found: T | None) -> T:
    """What was found. Raises NotFound where that is nothing."""
    if found is None:
        raise NotFound
    return found


def existing_row(connection: Connection, find: Any) -> Row[*tuple[Any, ...]]:
    """The one row of a statement. Raises NotFound."""
    return existing(connection.execute(find).one_or_none())


def newest_page(
    connection: Connection, find: Any, key: Any, wanted: Any, show: Callable[[Any], T]
) -> Page[T]:
    """The rows of ``find`` by their inner id ``key``, newest first. Raises Invalid (cursor)."""
    if wanted.cursor is not None:
        find = find.where(key < decode_cursor(wanted.cursor, (int,))[0])
    rows = connection.execute(find.order_by(key.desc()).limit(wanted.limit + 1)).all()
    return to_page(rows, wanted.limit, show, lambda row: (row.id,))
