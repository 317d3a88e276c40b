"""The API's own description: valid, whole, and usable from the page that shows it."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from playwright.sync_api import Locator, Page, expect

from tests.conftest import need
from tests.journeys.api_client import Caller
from tests.journeys.people import Person
from tests.journeys.town import new_person, sign_up
from tests.journeys.watching import Watch
from tests.machinery.databases import SqliteSource
from tests.machinery.shop import Shop
from tests.machinery.valkey import find_program

pytestmark = pytest.mark.on_database("sqlite")

# The description itself, which has a media type of its own and no schema.
ITSELF = ("GET", "/api/v1/openapi.json")


@pytest.fixture(scope="module")
def counter(
    sqlite_source: SqliteSource, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    """A shop of which only the web server and Valkey run."""
    program = need("Valkey", find_program())
    folder: Path = tmp_path_factory.mktemp("counter")
    shop = Shop(sqlite_source.fresh(folder / "kirana.sqlite3"), program)
    with shop.counter():
        yield shop


@pytest.fixture(scope="module")
def document(counter: Shop) -> dict[str, Any]:
    reply = Caller(counter.url).call("GET", "/openapi.json")
    assert (reply.status, reply.headers["content-type"]) == (200, "application/json")
    found: dict[str, Any] = reply.json
    return found


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_every_route_is_described(document: dict[str, Any], counter: Shop) -> None:
    lines = [line.split() for line in counter.inside("routes").splitlines()]
    routes = {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path))
        for methods, path, *_ in lines
        if path.startswith("/api/v1/")
        for method in methods.split(",")
    }
    assert len(routes) > 60
    assert routes - operations(document).keys() == {ITSELF}
    assert operations(document).keys() - routes == set()


def test_every_operation_has_words_and_answers(document: dict[str, Any]) -> None:
    found = operations(document)
    names = [operation["operationId"] for operation in found.values()]
    assert len(set(names)) == len(names)
    for route, operation in found.items():
        assert operation["summary"], route
        statuses = operation["responses"]
        assert any(status.startswith("2") for status in statuses), route


def test_an_answer_is_as_described(document: dict[str, Any], counter: Shop) -> None:
    described = operations(document)["GET", "/api/v1/me"]["responses"]
    assert {"200", "401"} <= described.keys()
    reply = Caller(counter.url).call("GET", "/me")
    assert str(reply.status) in described
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json["code"]


def authorize(page: Page, token: str) -> None:
    page.get_by_role("button", name="Authorize").first.click()
    dialog = page.locator(".dialog-ux")
    dialog.get_by_role("textbox").fill(token)
    dialog.get_by_role("button", name=re.compile("^Apply|^Authorize")).click()
    dialog.get_by_role("button", name="Close").last.click()


def run_operation(page: Page, operation_id: str) -> Locator:
    """Open the operation's drawer and call it; the live answer."""
    drawer = page.locator(f'[id$="-{operation_id}"].opblock')
    drawer.locator(".opblock-summary-control").click()
    drawer.get_by_role("button", name="Execute").click()
    answer = drawer.locator(".live-responses-table")
    expect(answer).to_be_visible()
    return answer


def test_the_page_calls_the_api_with_a_token(counter: Shop, new_page: Callable[..., Page]) -> None:
    person: Person = new_person("Lina Berg")
    token = sign_up(counter, person).token
    page = new_page()
    page.set_default_timeout(30_000)  # the page draws some eighty operations
    watch = Watch(page, ["status of 401"])
    page.goto(f"{counter.url}/api/docs")
    expect(page.get_by_role("heading", name="Kirana")).to_be_visible()
    page.locator("#operations-tag-me").click()
    expect(run_operation(page, "showMe")).to_contain_text("401")
    authorize(page, token)
    page.locator('[id$="-showMe"].opblock').get_by_role("button", name="Execute").click()
    expect(page.locator(".live-responses-table")).to_contain_text(person.email)
    assert watch.faults == []
