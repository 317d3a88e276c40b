import json
from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
import pytest

from kirana.platform.errors import Invalid
from kirana.platform.inputs import (
    MOST_ERRORS,
    texts_to_struct,
    to_struct,
)
from kirana.platform.strict_json import MAX_DEPTH, MOST_NAMES, MalformedBody, parse_json


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str


class Thing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=10)]
    count: Annotated[int, msgspec.Meta(ge=1)] = 1
    fresh: bool = False
    parts: list[Part] = []
    other: Part | None = None
    tags: Annotated[list[str], msgspec.Meta(max_length=3)] = []


def pointers(error: Invalid) -> dict[str, str]:
    return {item["pointer"]: item["code"] for item in error.errors}


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1, "a": 2}',
        b'{"a": 9223372036854775808}',
        b'{"a": -9223372036854775809}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b"\xff\xfe",
        b"[" * 100_000,
        (b"[" * (MAX_DEPTH + 1)) + (b"]" * (MAX_DEPTH + 1)),
    ],
)
def test_what_is_not_strict_json_is_refused(raw: bytes) -> None:
    with pytest.raises(MalformedBody):
        parse_json(raw)


def test_unknown_and_privileged_names_are_refused_at_every_depth() -> None:
    given = {
        "name": "x",
        "role": "admin",
        "colour": "red",
        "parts": [{"name": "a"}, {"name": "b", "owner": 1}],
        "other": {"name": "c", "status": "active"},
    }
    with pytest.raises(Invalid) as caught:
        to_struct(given, Thing)
    assert pointers(caught.value) == {
        "/role": "forbidden_field",
        "/colour": "unknown_field",
        "/parts/1/owner": "forbidden_field",
        "/other/status": "forbidden_field",
    }


def test_every_wrong_field_is_named_at_once() -> None:
    with pytest.raises(Invalid) as caught:
        to_struct({"count": 0, "fresh": "yes", "tags": ["a", 1]}, Thing)
    assert set(pointers(caught.value)) == {"/name", "/count", "/fresh", "/tags/1"}
    assert pointers(caught.value)["/name"] == "required"


def test_an_unknown_name_hides_no_error_of_a_name_that_it_begins_with() -> None:
    with pytest.raises(Invalid) as caught:
        to_struct({"name": "", "names": []}, Thing)
    assert set(pointers(caught.value)) == {"/name", "/names"}


@pytest.mark.parametrize("value", ["1", True, 1.0, 1.5, None, [], {}])
def test_types_are_strict_in_json(value: object) -> None:
    with pytest.raises(Invalid) as caught:
        to_struct({"name": "x", "count": value}, Thing)
    assert set(pointers(caught.value)) == {"/count"}


@pytest.mark.parametrize("text", ["a\x00b", "\ud800"])
def test_texts_that_no_database_keeps_are_refused(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        to_struct({"name": text}, Thing)
    assert set(pointers(caught.value)) == {"/name"}


def test_a_body_is_an_object() -> None:
    for value in ([], "x", 1, None):
        with pytest.raises(Invalid):
            to_struct(value, Thing)


def test_texts_become_numbers_and_switches() -> None:
    found = texts_to_struct(
        {"name": ["x"], "count": ["3"], "fresh": ["on"], "tags": ["a", "b"]}, Thing
    )
    assert found == Thing("x", 3, True, tags=["a", "b"])


@pytest.mark.parametrize("text", ["1e3", "3.0", "+3", " 3", "3 ", "3_0", "٣", "0x3", "1" * 20])
def test_a_number_is_written_in_digits(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        texts_to_struct({"name": ["x"], "count": [text]}, Thing)
    assert list(pointers(caught.value)) == ["/count"]


def test_an_empty_text_means_the_default_but_never_a_required_field() -> None:
    assert texts_to_struct({"name": ["x"], "count": [""]}, Thing).count == 1
    with pytest.raises(Invalid):
        texts_to_struct({"name": [""]}, Thing)


def test_forms_refuse_privileged_and_repeated_names() -> None:
    with pytest.raises(Invalid) as caught:
        texts_to_struct({"name": ["x"], "role": ["admin"]}, Thing)
    assert pointers(caught.value) == {"/role": "forbidden_field"}
    with pytest.raises(Invalid):
        texts_to_struct({"name": ["x", "y"]}, Thing)


class Span(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    since: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    day: date | None = None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("since", "0001-01-01T00:00:00+14:00"),
        ("since", "9999-12-31T23:59:59-14:00"),
        ("day", "0001-01-01"),
        ("day", "9999-12-31"),
    ],
)
def test_the_ends_of_time_are_no_moment(name: str, text: str) -> None:
    """Some zone has no number for them: whoever converts them later would fall over."""
    for read in (
        lambda: texts_to_struct({name: [text]}, Span),
        lambda: to_struct({name: text}, Span),
    ):
        with pytest.raises(Invalid) as caught:
            read()
        assert pointers(caught.value) == {f"/{name}": "invalid"}


def test_the_answer_to_rubbish_is_small() -> None:
    """1 MB of names made 9 MB of errors."""
    many = {f"n{number}": 0 for number in range(MOST_NAMES)}
    found = []
    for read in (
        lambda: to_struct(many, Thing),
        lambda: to_struct({"parts": [many] * 500}, Thing),
        lambda: texts_to_struct({name: ["", ""] for name in many}, Thing),
    ):
        with pytest.raises(Invalid) as caught:
            read()
        found.append(len(caught.value.errors))
    assert found == [MOST_ERRORS] * 3
    with pytest.raises(MalformedBody):
        parse_json(json.dumps(many | {"one more": 0}).encode())
    with pytest.raises(Invalid) as caught:
        texts_to_struct({name: [""] for name in (*many, "one more")}, Thing)
    assert len(caught.value.errors) == 1
    with pytest.raises(Invalid) as caught:
        to_struct({"name": "x", "kind": "k" * 100_000}, Kind)
    assert len(str(caught.value.errors)) < 1_000


class Kind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    kind: Literal["a", "b"]


def test_the_ends_of_64_bits_are_read() -> None:
    ends = [-(2**63), 2**63 - 1]
    assert parse_json(json.dumps(ends).encode()) == ends
