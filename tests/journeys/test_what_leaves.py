"""What leaves the house: safe headers on all of it, nothing private in a cache, no hints."""

import re
import textwrap
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kirana.catalog.inputs import NewProduct
from kirana.catalog.services.products import create_product
from kirana.platform.amounts import Money
from kirana.platform.config import Settings
from kirana.platform.plain import SAFE_HEADERS
from tests.journeys.access import WHO, read_matrix
from tests.journeys.asking import API, ask, get_routes, not_there, plain, with_path_value
from tests.machinery.memory import make_app
from tests.reviews.speaking import speak
from tests.world import World, build

# What leaves is decided above the database, and each route is asked by everybody.
pytestmark = pytest.mark.on_database("sqlite")

FIELDS = Path(__file__).parent / "fields_by_role.txt"
STRANGERS = ("anonymous", "customer", "other_customer", "pending", "rejected", "other_manager")
OF_NO_STAFF = ("anonymous", "customer", "other_customer", "pending", "rejected")
EMAIL = re.compile(rb"[\w.+-]+@[\w-]+\.[\w.]+")


@pytest.fixture
def world(app: Any) -> World:
    made = build(app)
    speak(made)
    return made


def test_what_everybody_gets(app: Any, world: World, tmp_path: Path) -> None:
    """Each route that is read, asked once by everybody, and every promise held against it."""
    answers = {
        path: {who: ask(world, who, "GET", path, world.keys) for who in WHO}
        for path in get_routes(app)
    }
    people = {who: visitor.email for who, visitor in world.people.items()}
    for path, by_whom in answers.items():
        for who, answer in by_whom.items():
            assert_safe_headers(answer)
            if who in OF_NO_STAFF:
                assert emails(answer) & {*people.values()} <= {people[who]}, (who, path)
            if is_data(path):
                assert not answer.is_json or integer_keys(answer.json) == [], (who, path)
        assert_private_is_not_stored(path, by_whom)
    found = lines_of_fields({path: each for path, each in answers.items() if is_data(path)})
    listed = [line for line in FIELDS.read_text().splitlines() if line[:1] != "#"]
    proposal = tmp_path / FIELDS.name
    proposal.write_text("\n".join(found) + "\n")
    assert found == listed, f"if it is right so, take over {proposal}"


def is_data(path: str) -> bool:
    return path.startswith(API) and not path.endswith(".json")


# ---- headers


def assert_safe_headers(answer: Any) -> None:
    for name, value in SAFE_HEADERS.items():
        found = answer.headers.getlist(name)
        assert len(found) == 1, (answer.request.path, name)
        # The page behind a mailed link says even less about where its visitor came from.
        allowed = [value, "no-referrer"] if name == "Referrer-Policy" else [value]
        assert name == "Cache-Control" or found[0] in allowed, answer.request.path


def test_refusals_carry_the_safe_headers(client: Any) -> None:
    elsewhere = client.get("/", headers={"Host": "evil.example"})
    too_long = client.get(f"/api/v1/products?q={'x' * 40_000}")
    assert (elsewhere.status_code, too_long.status_code) == (400, 414)
    assert b"evil" not in elsewhere.data
    for answer in (elsewhere, too_long, client.get("/no/such/page"), client.post("/sign-in")):
        assert_safe_headers(answer)


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("env", "base_url", "is_told"),
    [
        ("production", "https://shop.example", True),
        ("production", "http://shop.example", False),
        ("test", "https://shop.example", False),
    ],
)
def test_https_is_kept_to_in_production(
    settings: Settings, home: Path, env: Any, base_url: str, is_told: bool
) -> None:
    app = make_app(replace(settings, env=env, base_url=base_url), home)
    for host in ("shop.example", "evil.example"):
        for path in ("/healthz", "/sign-in", "/assets/x/app.css", "/none", "/api/v1/none"):
            answer = app.test_client().get(path, headers={"Host": host})
            assert ("Strict-Transport-Security" in answer.headers) is is_told, (host, path)


# ---- caches


def assert_private_is_not_stored(path: str, by_whom: dict[str, Any]) -> None:
    """What may be stored anywhere is the same for everybody."""
    answers = by_whom.values()
    if all(answer.headers["Cache-Control"] == "no-store" for answer in answers):
        return
    assert len({plain(answer, {})[::2] for answer in answers}) == 1, path
    assert not any("Set-Cookie" in answer.headers for answer in answers), path


def test_a_draft_drawn_for_its_manager_is_not_stored(app: Any, world: World) -> None:
    keys = {**world.keys, "product": draft(world)}
    path = "/media/drawn/<slug>.svg"
    mine = ask(world, "manager", "GET", path, keys)
    assert (mine.status_code, mine.headers["Cache-Control"]) == (200, "no-store")
    assert ask(world, "other_manager", "GET", path, keys).status_code == 404


# ---- a stranger's thing and none


def draft(world: World) -> str:
    new = NewProduct(title="Secret tea", category=world.keys["category"], price=Money(100, "INR"))
    return create_product(world.actor("manager"), world.keys["manager.store"], new).slug


def test_a_strangers_thing_is_as_if_there_were_none(app: Any, world: World) -> None:
    matrix, none, compared = read_matrix(), not_there(world.keys), 0
    for method, path in with_path_value(app):
        for who in WHO:
            if matrix[method, path][who] == "404":
                compare(world, (who, method, path), world.keys, none)
                compared += 1
    assert compared > 100


def test_a_draft_is_as_if_there_were_none(app: Any, world: World) -> None:
    keys = {**world.keys, "product": draft(world)}
    none = {**world.keys, "product": not_there(keys)["product"]}
    for method, path in with_path_value(app):
        if "<slug>" in path and "categories" not in path and path != "/api/v1/stores/<slug>":
            for who in STRANGERS:
                compare(world, (who, method, path), keys, none)


def compare(
    world: World, question: tuple[str, str, str], keys: dict[str, str], none: dict[str, str]
) -> None:
    who, method, path = question
    there = plain(ask(world, who, method, path, keys), keys)
    nowhere = plain(ask(world, who, method, path, none), none)
    assert there == nowhere, question


# ---- fields


def lines_of_fields(answers: dict[str, dict[str, Any]]) -> list[str]:
    """For each path its fields, people who see the same ones together."""
    lines = []
    for path, by_whom in answers.items():
        people: dict[str, list[str]] = {}
        for who, answer in by_whom.items():
            if answer.status_code == 200 and answer.is_json and (found := names(answer.json)):
                people.setdefault(" ".join(sorted(found)), []).append(who)
        for fields, group in people.items():
            lines.append(f"{path} {' '.join(group)}")
            lines += textwrap.wrap(fields, 96, initial_indent="    ", subsequent_indent="    ")
    return lines


def names(value: Any, above: str = "") -> set[str]:
    """The dotted paths of a document's leaves; what an audit row changed is one leaf."""
    if isinstance(value, list):
        return {name for item in value for name in names(item, above)}
    if isinstance(value, dict) and not above.endswith((".before", ".after")):
        return {name for key, item in value.items() for name in names(item, f"{above}.{key}")}
    return {above.lstrip(".")}


def integer_keys(value: Any) -> list[str]:
    """Names of database keys; an audit row may tell of them what changed, to the admin alone."""
    if isinstance(value, list):
        return [name for item in value for name in integer_keys(item)]
    if not isinstance(value, dict):
        return []
    found = [name for name, item in value.items() if isinstance(item, int) and is_key(name)]
    inside = [item for name, item in value.items() if name not in ("before", "after")]
    return found + [name for item in inside for name in integer_keys(item)]


def is_key(name: str) -> bool:
    return name == "id" or name.endswith("_id")


def emails(answer: Any) -> set[str]:
    return {found.decode() for found in EMAIL.findall(answer.data)}


def test_the_fields_are_found_in_the_depth_of_a_document() -> None:
    document = {"items": [{"a": 1}, {"b": {"c": 2, "owner_id": 5}}], "next": None}
    assert names(document) == {"items.a", "items.b.c", "items.b.owner_id", "next"}
    assert integer_keys(document) == ["owner_id"]
