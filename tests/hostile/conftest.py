"""The world to attack, with the limits out of the way: they would hide what lies behind them."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from kirana.platform import db, pages
from kirana.platform.config import Settings
from tests.hostile.surface import ATTACKERS, WAITING, Attacker, Door, Samples, doors, nested
from tests.journeys.test_access import world as world  # noqa: PLC0414 - the fixture
from tests.machinery import memory
from tests.machinery.databases import Database
from tests.world import World

ENDLESS = 1_000_000


@pytest.fixture
def app(database: Database, settings: Settings, home: Path) -> Any:
    """The web application, in which every limit is out of reach."""
    limits = {
        item.name: ENDLESS
        for item in dataclasses.fields(settings)
        if "_per_" in item.name and isinstance(getattr(settings, item.name), int)
    }
    assert limits
    return memory.make_app(dataclasses.replace(settings, **limits), home)


@pytest.fixture
def attacker(world: World, monkeypatch: pytest.MonkeyPatch) -> Attacker:
    monkeypatch.setattr(db, "transaction", nested)
    return Attacker(world)


@pytest.fixture
def samples(world: World) -> Samples:
    return Samples(world.keys)


@pytest.fixture
def forms(app: Any, attacker: Attacker, monkeypatch: pytest.MonkeyPatch) -> dict[Door, Any]:
    """The schema that each form route reads, found by asking once with nothing."""
    read = pages.read_form
    seen: list[Any] = []

    def noticed(request: Any, schema: Any, *also: str) -> Any:
        seen.append(schema)
        return read(request, schema, *also)

    monkeypatch.setattr(pages, "read_form", noticed)
    found = {}
    for door in doors(app):
        if door.is_write and door.declared is None:
            for who in (*ATTACKERS, WAITING):
                attacker.call(who, door, data={})
            if seen:
                found[door] = seen[0]
            seen.clear()
    return found
