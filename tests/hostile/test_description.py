"""The API answers only as its OpenAPI document says: schemathesis finds nothing.

A short run as one person by default; ``KIRANA_TEST_REPEATS`` makes it one for everybody
(``make proof``).
"""

import os

import pytest
from flask import Flask

from tests.hostile.described import findings
from tests.world import World

REPEATS = int(os.environ.get("KIRANA_TEST_REPEATS", "1"))


@pytest.mark.on_database("sqlite")
@pytest.mark.parametrize("who", ["anonymous", "customer", "manager", "admin"])
def test_every_answer_is_described(app: Flask, world: World, who: str) -> None:
    found = list(findings(app, world, who, examples=5 * REPEATS))
    assert not found, "\n\n".join(found)
