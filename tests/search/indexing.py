"""The index as tests write and read it."""

from pathlib import Path
from typing import Any

from kirana.platform import freshness
from kirana.search import reading
from kirana.search.finding import count_products, find_products
from kirana.search.folder import Folder, State
from kirana.search.shapes import ProductQuery
from kirana.search.writing import Writer


class Index:
    """A folder, whoever writes it, and the reader of this process."""

    def __init__(self, path: Path, database: str) -> None:
        self.folder = Folder(path)
        assert self.folder.lock()
        self.writer = Writer(self.folder, database)

    def step(self) -> bool:
        """As the thread of a web process does, three times a second."""
        changed = self.writer.step()
        reading.reader().look_again()
        freshness.forget()
        return changed

    @property
    def state(self) -> State:
        found = self.folder.state()
        assert found is not None
        return found


def indexed(words: str = "", **wanted: Any) -> list[str]:
    """Titles that a search finds through the index, which must be there."""
    assert reading.reader().snapshot() is not None
    return titles(words, **wanted)


def titles(words: str = "", **wanted: Any) -> list[str]:
    """Titles that a search finds, best first, page after page."""
    found: list[str] = []
    query = ProductQuery(q=words, **wanted)
    while True:
        page = find_products(query)
        found += [item.title for item in page.items]
        if page.next_cursor is None:
            break
        query = ProductQuery(
            **{
                **{n: getattr(query, n) for n in query.__struct_fields__},
                "cursor": page.next_cursor,
            }
        )
    assert count_products(ProductQuery(q=words, **wanted)) == len(found)
    return found
