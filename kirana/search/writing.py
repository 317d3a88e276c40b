"""Builds the index from the database and keeps it up with the feed. Only with the folder's lock."""

import contextlib
import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import tantivy

from kirana.catalog.queries import catalog_version, load_tree
from kirana.platform import clock
from kirana.platform.processors import anywhere
from kirana.search import queries
from kirana.search.documents import document
from kirana.search.folder import Folder, State
from kirana.search.reading import open_index, raise_unless_broken
from kirana.search.schema import KEY, SCHEMA, schema

BATCH = 500
HEAP_BYTES = 15_000_000  # the least that the library takes
MOST_CHANGES = 5000
BUILT_ANEW_AFTER = timedelta(hours=24)
QUARTER_HOUR = 900
# Between batches the other threads of this process have their turn.
BREATH_SECONDS = 0.002


class Writer:
    """One host's writer. ``database`` is the address of the database that is followed."""

    def __init__(self, folder: Folder, database: str) -> None:
        self.folder = folder
        self.database = hashlib.blake2b(database.encode(), digest_size=8).hexdigest()
        self._lots_until = clock.utc_now()

    def step(self) -> bool:
        """Bring the index up to the database; False if nothing was to be done."""
        state = self.folder.state()
        if state is None or self._is_useless(state):
            self.rebuild()
            return True
        try:
            return self._follow(state)
        except BaseException as error:
            raise_unless_broken(error)
            self.rebuild()
            return True

    def rebuild(self, tell: Callable[[int], None] = lambda number: None) -> State:
        """A new generation from all that is on sale; ``tell`` hears how many are in it so far."""
        generation = self.folder.new_generation()
        # Read before the products: what changes from here on is told by the feed once more.
        version, mark = catalog_version(), queries.last_change()
        begun = clock.utc_now()
        try:
            with anywhere():
                documents = _build(self.folder.place(generation), tell)
        except BaseException:
            self.folder.drop(generation)  # it may be the disk that is full
            raise
        state = State(
            schema=SCHEMA, generation=generation, database=self.database, version=version,
            mark=mark, built_at=time.time(), documents=documents,
        )  # fmt: skip
        self.folder.put(state)
        self.folder.mended()
        self.folder.clear_out(keep=generation)
        self._lots_until = begun
        return state

    def _is_useless(self, state: State) -> bool:
        """Broken, grown old, or of another database than this one is now."""
        return (
            self.folder.is_broken
            or state.database != self.database
            or time.time() - state.built_at > BUILT_ANEW_AFTER.total_seconds()
            or state.version > catalog_version()
        )

    def _follow(self, state: State) -> bool:
        version = catalog_version()
        lapsed = self._lapsed()
        if version == state.version and not lapsed:
            return False
        if not queries.holds_change(state.mark):
            self.rebuild()
            return True
        changes = queries.changes_since(state.version, MOST_CHANGES)
        if len(changes) == MOST_CHANGES or any(row.kind == "everything" for row in changes):
            self.rebuild()
            return True
        ids = sorted({*_products(changes), *lapsed})
        change = _replace(self.folder.place(state.generation), ids) if ids else 0
        last = changes[-1] if changes else None
        self.folder.put(
            State(
                schema=SCHEMA, generation=state.generation, database=self.database,
                version=max(version, last.version) if last else version,
                mark=(last.id, last.version) if last else state.mark,
                built_at=state.built_at, documents=state.documents + change,
            )
        )  # fmt: skip
        return True

    def _lapsed(self) -> list[int]:
        """Products with a lot that went out of date: that happens without a change of a row."""
        until = _quarter(clock.utc_now())
        if until <= self._lots_until:
            return []
        found = queries.gone_out_of_date(self._lots_until, until)
        self._lots_until = until
        return found


def _quarter(moment: datetime) -> datetime:
    return moment - timedelta(seconds=moment.timestamp() % QUARTER_HOUR)


def _products(changes: Iterable[Any]) -> set[int]:
    """The keys of all products that the rows of the feed speak of."""
    changes = list(changes)
    found = {row.key for row in changes if row.kind == "product"}
    for kind in ("store", "category"):
        keys = sorted({row.key for row in changes if row.kind == kind})
        last = 0
        while keys and (page := queries.products_meant(kind, keys, last, BATCH)):
            found.update(page)
            last = page[-1]
    return found


def _build(place: Path, tell: Callable[[int], None]) -> int:
    last = number = 0
    with _writing(tantivy.Index(schema(), str(place))) as writer:
        while rows := queries.rows_to_index(last, BATCH):
            _add(writer, rows)
            last, number = rows[-1].id, number + len(rows)
            tell(number)
            time.sleep(BREATH_SECONDS)
    return number


def _replace(place: Path, ids: Sequence[int]) -> int:
    """Put these products in as they are now, or take them out; by how many it grew."""
    index = open_index(place)
    before = index.searcher().num_docs
    with _writing(index) as writer:
        for part in (ids[start : start + BATCH] for start in range(0, len(ids), BATCH)):
            # By query: taken as a term, a Python number is another kind of number than the key.
            writer.delete_documents_by_query(
                tantivy.Query.term_set_query(index.schema, KEY, list(part))
            )
            _add(writer, queries.rows_of(part))
            time.sleep(BREATH_SECONDS)
    index.reload()
    return int(index.searcher().num_docs - before)


@contextlib.contextmanager
def _writing(index: tantivy.Index) -> Iterator[tantivy.IndexWriter]:
    """Make all that is written readable at once; on an error nothing of it.

    The library's own ``with`` keeps the error of a commit to itself. There is one where a writer
    was killed after it had noted what was deleted and before that counted: the next one, having
    done as much, notes it under the same name, which is taken. Raises ValueError then.
    """
    index_writer = index.writer(HEAP_BYTES, 1)
    try:
        yield index_writer
        index_writer.commit()
    finally:
        index_writer.wait_merging_threads()


def _add(writer: tantivy.IndexWriter, rows: Sequence[Any]) -> None:
    tree, sales = load_tree(), queries.sales_of([row.id for row in rows])
    for row in rows:
        writer.add_document(document(row, tree, sales))
