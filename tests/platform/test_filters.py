"""Each text by which a list can be filtered is taken as it is typed, whatever that is."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from kirana.accounts import services
from kirana.edge.openapi import api_routes
from kirana.platform.access import SYSTEM
from kirana.platform.strict_json import MalformedBody, parse_json
from tests.accounts.people import PASSWORD, Visitor
from tests.catalog.market import open_market
from tests.journeys.test_access import address
from tests.world import World, build

WILD = ("%", "_", "%%%", "_" * 30, "%at%", "\\", "\\%", "[a-z]%", "*", "?", "' OR 1=1 --")
ODD = ("%" * 10_000, "a" * 10_000, "_ " * 5_000, "\u202e", "🛒", "１", "ﬀ", "'\";--", " ", "\\")
PAGES = ("/search?q={}", "/office/people?q={}", "/office/<store>/products?q={}")


@pytest.fixture
def world(app: Any) -> World:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], api_per_minute=10_000)
    return build(app)


def text_filters(app: Any) -> Iterator[tuple[str, str]]:
    """(path, name) of each text in the query of an API list."""
    for rule, method, view in api_routes(app):
        query = view.__operation__.query
        if method == "GET" and query is not None:
            for field in msgspec.structs.fields(query):
                if str in (field.type, *getattr(field.type, "__args__", ())):
                    yield rule.rule, field.encode_name


def who_may(world: World, path: str) -> Visitor:
    of_a_store = (
        "<store>",
        "/stock",
        "/prices",
        "/planned-prices",
        "/pictures",
        "/orders",
        "s/<slug>/reviews",
    )
    is_of_a_store = any(part in path for part in of_a_store)
    return world.people["manager" if is_of_a_store else "admin"]


def listed(visitor: Visitor, path: str, **query: str) -> Any:
    return visitor.client.get(path, query_string=query, headers=visitor.headers)


def test_no_text_is_a_pattern(app: Any, world: World) -> None:
    filters = [each for each in text_filters(app) if each[1] != "cursor"]
    assert {"q"} < {name for _, name in filters}
    for path, name in filters:
        where, visitor = address(path, world.keys), who_may(world, path)
        for text in WILD:
            answer = listed(visitor, where, **{name: text})
            assert answer.status_code in (200, 404, 422), (path, name, text)
            assert not answer.json.get("items"), (path, name, text)


def test_odd_texts_break_no_list(app: Any, world: World) -> None:
    for path, name in text_filters(app):
        where, visitor = address(path, world.keys), who_may(world, path)
        for text in ODD:
            answer = listed(visitor, where, **{name: text})
            assert answer.status_code in (200, 404, 414, 422), (path, name, text[:9])
        for raw in ("%00", "%ff%fe", "%ed%a0%80", "%", "%u0041", "%%%"):
            answer = visitor.client.get(f"{where}?{name}={raw}", headers=visitor.headers)
            assert answer.status_code in (200, 404, 422), (path, name, raw)


def test_the_pages_take_texts_as_they_are(app: Any, world: World) -> None:
    for page in PAGES:
        visitor = who_may(world, page)
        where = address(page.partition("?")[0], world.keys)
        for text in WILD[:4]:
            answer = listed(visitor, where, q=text)
            assert answer.status_code == 200, (page, text)
            assert b"Oat milk" not in answer.data, (page, text)
            assert b"example.org" not in answer.data.replace(visitor.email.encode(), b"")
        for text in ODD:
            assert listed(visitor, where, q=text).status_code in (200, 422), (page, text[:9])


@pytest.mark.parametrize(("name", "text"), [("50% Asha", "%"), ("Asha_Rao", "_")])
def test_a_person_is_found_by_the_sign_itself(app: Any, world: World, name: str, text: str) -> None:
    person = services.PersonToCreate("sign@example.org", name, PASSWORD, "customer", "UTC")
    services.create_account(SYSTEM, person)
    found = listed(world.people["admin"], "/api/v1/people", q=text).json["items"]
    assert [each["name"] for each in found] == [name]


def test_a_sign_in_a_search_finds_no_other_title(client: Any, app: Any) -> None:
    market = open_market()
    for title in ("100% juice", "1000 teas", "Oat milk"):
        market.sell(title)
    for text, titles in (("100%", ["100% juice", "1000 teas"]), ("o%t", []), ("1_0", [])):
        found = client.get("/api/v1/products", query_string={"q": text}).json["items"]
        assert sorted(item["title"] for item in found) == titles, text


# ---- JSON


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a": 1e400}',
        b'{"a": -1e400}',
        b'{"a": 1' + b"0" * 400 + b".0}",
        b'{"a": -NaN}',
        b'{"a": -Infinity}',
        b'{"a": 0x10}',
        b'{"a": 01}',
        b'{"a": +1}',
        b'{"a": .5}',
        b'{"a": 1,}',
        b"{'a': 1}",
        b'{"a": -9223372036854775809}',
        b'{"a": {"b": 1, "b": 2}}',
        b'{"a": 1, "\\u0061": 2}',
        b'\xef\xbb\xbf{"a": 1}',
        '{"a": 1}'.encode("utf-16"),
        '{"a": "é"}'.encode("latin-1"),
        b'{"a": "\xed\xa0\x80"}',
        b'{"a": "\n"}',
        b'{"a": 1} {"a": 2}',
        b'{"a": 1}\x00',
        b"// a comment\n{}",
        b"1" * 5_000,
        b'{"a":' * 40 + b"1" + b"}" * 40,
    ],
)
def test_json_is_strict(raw: bytes) -> None:
    with pytest.raises(MalformedBody):
        parse_json(raw)


@pytest.mark.parametrize(
    ("media_type", "status"),
    [
        ("application/json", 401),
        ("application/json; charset=UTF-8", 401),
        ("application/json; charset=iso-8859-1", 415),
        ("application/json; charset=utf-7", 415),
        ("application/jsonp", 415),
        ("text/json", 415),
        ("text/plain", 415),
        ("", 415),
    ],
)
def test_json_says_that_it_is(client: Any, media_type: str, status: int) -> None:
    body = b'{"email": "a@b.example", "password": "wrong password"}'
    answer = client.post("/api/v1/auth/sign-in", data=body, headers={"Content-Type": media_type})
    assert answer.status_code == status


def test_a_packed_body_is_not_unpacked(client: Any) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    answer = client.post("/api/v1/auth/sign-in", data=b"\x1f\x8b", headers=headers)
    assert answer.status_code == 415
