"""A database without guards, for the mutants: columns and keys, one statement at a time."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, MetaData, PrimaryKeyConstraint, insert

from kirana.catalog.models import CatalogVersion
from kirana.platform import db
from kirana.platform.config import Settings
from kirana.platform.engines import make_engine
from kirana.platform.lending import Lender, Opened
from kirana.schema import metadata
from tests.machinery import memory
from tests.machinery.databases import SECRET, PostgresSource, fast_folder
from tests.machinery.processes import drop_folder


def _bare_schema() -> MetaData:
    """The tables without foreign keys, CHECKs, unique indexes and triggers."""
    bare = MetaData()
    for table in metadata.tables.values():
        copied = table.to_metadata(bare)
        copied.constraints = {
            item for item in copied.constraints if isinstance(item, PrimaryKeyConstraint)
        }
        copied.indexes = {index for index in copied.indexes if not index.unique}
    return bare


@pytest.fixture(scope="module")
def _bare_url(request: pytest.FixtureRequest, database_kind: str) -> Iterator[str]:
    if database_kind == "sqlite":
        folder = fast_folder("bare")
        yield f"sqlite:///{folder / 'bare.sqlite3'}"
        drop_folder(folder)
        return
    source: PostgresSource = request.getfixturevalue("postgres_source")
    with source.own(migrated=False) as url:
        yield url
        db.dispose()


@pytest.fixture(scope="module")
def _bare_engine(_bare_url: str, home: Path) -> Iterator[Engine]:
    """Its own engine, for making the tables and emptying them."""
    engine = make_engine(Settings(env="test", home=home, secret=SECRET, database_url=_bare_url))
    with engine.begin() as connection:
        _bare_schema().create_all(connection)
        connection.execute(insert(CatalogVersion).values(id=1, version=1))
    yield engine
    engine.dispose()


@pytest.fixture
def unguarded(
    _bare_url: str, _bare_engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """The shop on a database that refuses nothing, and without transactions.

    Each statement commits by itself, so that no lock lasts, on SQLite as on PostgreSQL; what is
    left of a verb's guards is what its own statements ask for.
    """
    db.dispose()
    memory.forget()
    memory.connect_slices(replace(settings, database_url=_bare_url))
    alone = db.engine().execution_options(isolation_level="AUTOCOMMIT")
    nobody: Any = contextlib.nullcontext()
    opened = Opened(alone, nobody, Lender(alone, settings))  # type: ignore[arg-type]
    monkeypatch.setattr(db._database, "opened", opened)
    yield
    memory.forget()
    opened.lender.close()
    alone.dispose()
    monkeypatch.undo()
    db.dispose()
    with _bare_engine.begin() as connection:
        for table in metadata.tables.values():
            if table.name != CatalogVersion.__tablename__:
                connection.execute(table.delete())
