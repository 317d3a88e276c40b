"""What people typed is text on every page, whatever it looks like."""

import contextlib
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, String, select, update
from sqlalchemy.exc import DBAPIError

from kirana.platform.db import verb
from kirana.platform.tables import Model
from tests.hostile.surface import ATTACKERS, doors
from tests.journeys.test_access import address
from tests.world import World

PLANTED = "<i id=planted>"
ESCAPED = "&lt;i id=planted&gt;"
TYPED = {
    "title", "name", "note", "reason", "street", "city", "description", "brand", "wished_store",
    "device", "phone", "label", "detail", "message", "answer", "size_text",
}  # fmt: skip


@verb
def plant(connection: Connection) -> None:
    """Put markup into everything that people type, in every row of every table."""
    for table in Model.metadata.sorted_tables:
        names = [c.name for c in table.columns if c.name in TYPED and isinstance(c.type, String)]
        keys = list(table.primary_key)
        rows = connection.execute(select(*keys)).all() if names and len(keys) == 1 else ()
        with contextlib.suppress(DBAPIError), connection.begin_nested():  # some are insert-only
            for row in rows:
                marked = dict.fromkeys(names, f"{PLANTED}{row[0]}")
                connection.execute(update(table).where(keys[0] == row[0]).values(marked))


def pages_with(app: Flask, world: World, text: str) -> set[str]:
    """The pages that show ``text`` to somebody."""
    found = set()
    for door in doors(app):
        if door.method != "GET" or door.declared:
            continue
        for who in ATTACKERS:
            visitor = world.people[who]
            path = address(door.rule, world.keys)
            answer = visitor.client.get(path, headers=visitor.headers)
            if answer.mimetype == "text/html" and text in answer.text:
                found.add(door.rule)
            answer.close()
    return found


@pytest.mark.on_database("sqlite")
def test_typed_text_is_never_markup(app: Flask, world: World) -> None:
    plant()
    assert pages_with(app, world, PLANTED) == set()
    assert len(pages_with(app, world, ESCAPED)) > 10


@pytest.mark.on_database("sqlite")
def test_a_template_that_drops_its_escape_is_found_out(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mutant: one template prints what it gets as it is."""
    plant()
    source = app.jinja_env.loader
    assert source is not None
    given = source.get_source

    def dropped(environment: Any, template: str) -> Any:
        text, *rest = given(environment, template)
        if template == "components/stepper.html":
            text = text.replace("{{ product.title }}", "{{ product.title | safe }}")
        return text, *rest

    monkeypatch.setattr(app.jinja_env, "bytecode_cache", None)
    monkeypatch.setattr(app.jinja_env, "cache", {})
    monkeypatch.setattr(source, "get_source", dropped)
    assert pages_with(app, world, PLANTED) != set()
