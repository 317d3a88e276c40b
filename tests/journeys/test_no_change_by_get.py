"""Reading changes nothing: every GET route, called as everybody, leaves every table as it was."""

from typing import Any

import pytest
from sqlalchemy import Connection, select

from kirana.platform.db import query
from kirana.platform.tables import Model
from tests.journeys.access import WHO
from tests.journeys.test_access import address, routes
from tests.world import World, build

# Nothing is let off: a session's last use is written when it is refreshed, not when it is read.
MAY_CHANGE: set[str] = set()


@query
def contents(connection: Connection) -> dict[str, list[Any]]:
    """Every row of every table."""
    return {
        table.name: sorted(map(repr, connection.execute(select(table))))
        for table in Model.metadata.sorted_tables
        if table.name not in MAY_CHANGE
    }


# Their tokens open nothing by cookie.
NOT_LET_IN = ("suspended", "key")


def in_browser(world: World, app: Any, who: str) -> Any:
    """A client that is signed in by cookies."""
    client = app.test_client()
    tokens = world.people[who].tokens
    if tokens is not None:
        client.set_cookie("access", tokens.access_token)
        client.set_cookie("refresh", tokens.refresh_token)
        assert client.get("/account").status_code == 200 or who in NOT_LET_IN
    return client


def changed(before: dict[str, list[Any]]) -> list[str]:
    now = contents()
    return [name for name, rows in before.items() if now[name] != rows]


@pytest.mark.on_database("sqlite")
def test_no_route_changes_anything_by_get(app: Any) -> None:
    world = build(app)
    paths = sorted(path for method, path in routes(app) if method == "GET")
    wrong = []
    for who in WHO:
        browser = in_browser(world, app, who)
        before = contents()
        for path in paths:
            there = address(path, world.keys)
            for answer in (
                browser.get(there),
                browser.head(there),
                browser.options(there),
                world.people[who].client.get(there, headers=world.people[who].headers),
            ):
                assert answer.status_code < 500, (path, answer.status_code)
        wrong += [(who, table) for table in changed(before)]
    assert wrong == [("key", "api_key")]  # when it was last used, to the minute
    assert len(paths) > 50
    assert all(before[table] for table in ("account", "session", "audit_event", "order"))


def test_a_route_that_did_would_be_found(app: Any) -> None:
    """The mutant: a page that signs people out by GET."""
    world = build(app)
    browser = in_browser(world, app, "customer")
    app.view_functions["accounts.account"] = app.view_functions["accounts.sign_out"]
    before = contents()
    browser.get("/account")
    assert "session" in changed(before)
