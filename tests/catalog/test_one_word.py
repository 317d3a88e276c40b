"""What migration 0023 makes of goods that were written down before it."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import select, update

from kirana.catalog.models import Product
from kirana.platform import db
from tests.catalog.market import open_market

PLACE = Path(__file__).parents[2] / "migrations/versions/0023_one_word_one_case.py"
COLUMNS = (Product.title, Product.sort_key, Product.search_text, Product.diet)


def _migration() -> Any:
    found = importlib.util.spec_from_file_location("one_word", PLACE)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.mark.usefixtures("database")
def test_words_and_diets_from_before_are_found_as_those_of_today() -> None:
    market = open_market()
    market.sell("Nature's Tea", brand="O'Neil", other_names=["cha'i"])
    market.sell("Rice", diet=["organic"])
    today = ("natures tea", " natures tea oneil chai", ["vegan", "organic"])
    with db.transaction() as connection:
        before = {"sort_key": "nature s tea", "search_text": " nature s tea o neil cha i"}
        old = update(Product).where(Product.title == "Nature's Tea")
        connection.execute(old.values(**before, diet=["Vegan", "vegan", "Organic"]))
        with Operations.context(MigrationContext.configure(connection)):
            _migration().upgrade()
        rows = connection.execute(select(*COLUMNS)).all()
    found = {row.title: tuple(row)[1:] for row in rows}
    assert found["Nature's Tea"] == today
    assert found["Rice"][0] == "rice"
    assert found["Rice"][2] == ["organic"]
