"""No statement of a route or of scheduled work walks through a whole table."""

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from kirana.platform import db
from kirana.platform.config import Settings
from tests.machinery import memory
from tests.machinery.databases import Database
from tests.plans.judging import Statement, faults
from tests.plans.traffic import collected, send_everything
from tests.world import build


def judged(asked: dict[str, Any], kind: str) -> dict[str, list[str]]:
    """The statements with something wrong, by their text."""
    found = {}
    with db.engine().connect() as connection:
        driver = connection.connection.dbapi_connection
        for sql, values in asked.items():
            statement = Statement(sql, values)
            if statement.is_explained and (wrong := faults(driver, kind, statement)):
                found[sql] = wrong
            driver.rollback()
    return found


@pytest.fixture
def generous(settings: Settings) -> Settings:
    """Nobody has to wait for a limit."""
    limits = [item.name for item in fields(Settings) if "least" in item.metadata]
    return replace(settings, **dict.fromkeys(limits, 1_000_000))


def test_every_statement_finds_its_rows_by_an_index(
    database: Database, generous: Settings, home: Path
) -> None:
    app = memory.make_app(generous, home)
    with collected() as asked:
        send_everything(app, build(app), generous)
    found = judged(asked, database.kind)
    print(len(asked))
    assert not found, "\n\n".join(f"{', '.join(why)}:\n{sql}" for sql, why in found.items())
