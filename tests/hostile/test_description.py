"""The API answers only as its OpenAPI document says: schemathesis finds nothing.

A short run by chance as the admin, who gets furthest; with ``KIRANA_TEST_REPEATS`` (make proof) a
long one as everybody, which visits the edges of every schema too.
"""

import os

import pytest
from flask import Flask

from tests.hostile.described import findings
from tests.world import World

REPEATS = int(os.environ.get("KIRANA_TEST_REPEATS", "1"))
WHO = ("admin",) if REPEATS == 1 else ("anonymous", "customer", "manager", "admin")


@pytest.mark.on_database("sqlite")
@pytest.mark.timeout(300 * REPEATS)
@pytest.mark.parametrize("who", WHO)
def test_every_answer_is_described(app: Flask, world: World, who: str) -> None:
    found = list(findings(app, world, who, examples=8 * REPEATS, at_the_edges=REPEATS > 1))
    assert not found, "\n\n".join(found)
