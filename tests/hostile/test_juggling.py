"""Odd types, odd texts and odd bodies, thrown at every door by chance: nothing breaks, nobody
rises, and what is refused changes nothing.

A short run by default; ``KIRANA_TEST_REPEATS`` makes it longer (``make proof``).
"""

import json
import os
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kirana.platform.inputs import is_optional
from tests.hostile.surface import (
    ATTACKERS,
    JSON,
    WAITING,
    WRITES,
    Attacker,
    Door,
    Reply,
    Samples,
    doors,
    places,
    put,
)

REPEATS = int(os.environ.get("KIRANA_TEST_REPEATS", "1"))
pytestmark = pytest.mark.timeout(180 * REPEATS)
by_chance = settings(
    max_examples=200 * REPEATS,
    deadline=None,
    derandomize=REPEATS == 1,
    database=None,
    suppress_health_check=list(HealthCheck),
)
LONG = 20_000
TEXTS = (
    "", " ", "\x00", "a\x00b", "\ud800", "\udfff\ud800", "１２", "ａｄｍｉｎ", "İ", "ſ", "e\u0301",
    "\u202eadmin", "\ufeff", "\r\nSet-Cookie: a=b", "%", "_", "\\", "'", "' OR 1=1 --",
    '"; DROP TABLE account; --', "{{7*7}}", "<script>alert(1)</script>", "../../etc/passwd",
    "x" * LONG,
    "🥭" * 300, "null", "true", "-1", "1e400", "NaN", "0x10", "9" * 400, "2026-02-30", "1" * 20,
    "http://127.0.0.1:1/", "a@example.org,b@example.org", "a@example.org\nBcc: c@example.org",
    "²", "٣", "१२३", "१०-०१", "२०२०-०१",
)  # fmt: skip
NUMBERS = (0, -1, 1, 2**31, 2**53 + 1, 2**63 - 1, -(2**63) + 1, 2**63, 10**30, 0.5, -0.0, 1e308)
ODD = st.one_of(
    st.sampled_from(TEXTS),
    st.sampled_from(NUMBERS),
    st.none(),
    st.booleans(),
    st.recursive(
        st.sampled_from((None, True, 1, "x", "\x00")),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(("role", "id", "a", "", "$ne", "__proto__")), inner)
        ),
        max_leaves=6,
    ),
    st.text(max_size=40),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
)
# Bodies that are no JSON object at all, or not one that JSON allows.
ODD_BODIES = (
    b"", b"[]", b"[{}]", b'"x"', b"1", b"null", b"{", b'{"a": NaN}', b'{"a": -Infinity}',
    b'{"role": 1, "role": 2}', b"\xff\xfe{}", b"\xef\xbb\xbf{}", b'{"a": 1e999}',
    b'{"a": ' + b"9" * 5_000 + b"}", b"[" * 50_000, b'{"a":' * 40 + b"1" + b"}" * 40,
    b'{"a": "\xed\xa0\x80"}', b'{"\\ud800": 1}', b'{"\\u0000": 1}',
)  # fmt: skip
ODD_TYPES = (
    "text/plain", "application/x-www-form-urlencoded", "multipart/form-data",
    "multipart/form-data; boundary=", "application/xml", "application/json; charset=utf-16",
    "", "x", "application/jsonx", "text/html;application/json",
)  # fmt: skip
# What decides about rights and money: whoever sends whatever, a customer changes none of it.
FIRM = {"role", "status", "store_id", "account_id", "owner_id", "price", "price_minor", "amount"}
# A customer's own orders and what hangs on them move along when one is cancelled; an own review
# that is edited waits again.
OWN = {"order", "order_line", "payment", "review"}


def is_sound(reply: Reply, door: Door, who: str) -> bool:
    """No server error, problem details for the API, and nothing changed by what was refused."""
    if reply.status >= 500 or (reply.status >= 400 and reply.changed):
        return False
    if reply.status >= 400 and door.declared and reply.kind != "application/problem+json":
        return False
    return who != "customer" or not risen(reply.changed)


def risen(changed: list[str]) -> list[str]:
    """Changes of rights, ownership and prices in rows that were there before."""
    pairs = [name.partition(".") for name in changed]
    return [table for table, _, column in pairs if table not in OWN and column in FIRM]


def encoded(value: Any) -> bytes:
    """JSON with whatever is in it; a lone surrogate goes as its escape."""
    return json.dumps(value).encode()


@pytest.fixture
def throw(app: Flask, attacker: Attacker) -> Callable[..., Reply]:
    def thrown(who: str, door: Door, **options: Any) -> Reply:
        reply = attacker.call(who, door, **options)
        assert is_sound(reply, door, who), f"{door} as {who}: {reply} {str(options)[:600]}"
        return reply

    return thrown


def test_odd_values_in_bodies(app: Flask, samples: Samples, throw: Callable[..., Reply]) -> None:
    targets = [
        (door, samples.of(door.schema), place)
        for door in doors(app)
        if door.takes_json and door.schema
        for place in [(), *places(samples.of(door.schema))]
    ]

    @by_chance
    @given(st.sampled_from(targets), ODD, st.sampled_from(ATTACKERS))
    def run(target: Any, odd: Any, who: str) -> None:
        door, body, place = target
        throw(who, door, data=encoded(put(body, place, odd)), content_type=JSON)

    run()


def test_good_bodies_are_understood(
    app: Flask, samples: Samples, throw: Callable[..., Reply]
) -> None:
    """Else the tests with odd ones would knock at doors that never open."""
    done = set()
    for door in doors(app):
        if door.takes_json and door.schema:
            for who in ATTACKERS:
                reply = throw(who, door, json=samples.of(door.schema))
                done |= {door} if reply.status < 300 else set()
    assert len(done) > 12, sorted(map(str, done))


def test_odd_bodies(app: Flask, throw: Callable[..., Reply]) -> None:
    """As the first who gets as far as the body."""
    for door in doors(app):
        if not door.takes_json:
            continue
        who = first_let_in(throw, door)
        for body in ODD_BODIES:
            reply = throw(who, door, data=body, content_type=JSON)
            is_nothing = not body and (not door.schema or is_optional(door.schema))
            assert is_nothing or reply.status in (400, 413, 422), (str(door), who, body[:40])
        for kind in ODD_TYPES:
            reply = throw(who, door, data=b'{"role": "admin"}', content_type=kind)
            allowed = (415, 422) if kind.startswith(JSON + ";") else (415,)
            assert reply.status in allowed, (str(door), who, kind, reply)


def first_let_in(throw: Callable[..., Reply], door: Door) -> str:
    for who in (*ATTACKERS, WAITING):
        if throw(who, door, data=b"[]", content_type=JSON).status == 422:
            return who
    raise AssertionError(f"{door}: nobody gets as far as the body")


def test_odd_values_in_forms(
    samples: Samples, forms: dict[Door, Any], throw: Callable[..., Reply]
) -> None:
    targets = [
        (door, samples.form(schema), name)
        for door, schema in forms.items()
        for name in (*samples.form(schema), "csrf_token", "return_to", "idempotency_key")
    ]
    texts = st.sampled_from(TEXTS) | st.text(max_size=40)

    @by_chance
    @given(
        st.sampled_from(targets),
        st.lists(texts, min_size=1, max_size=2),
        st.sampled_from(("", "multipart/form-data", "text/plain")),
        st.sampled_from(ATTACKERS),
    )
    def run(target: Any, odd: list[str], kind: str, who: str) -> None:
        door, form, name = target
        plain = [text.encode("utf-8", "surrogatepass").decode("latin-1") for text in odd]
        options = {"content_type": kind} if kind == "multipart/form-data" else {}
        if kind == "text/plain":
            throw(who, door, data=str({**form, name: plain}), content_type=kind)
        else:
            throw(who, door, data={**form, name: plain}, **options)

    run()


def test_odd_queries_and_paths(app: Flask, attacker: Attacker, throw: Callable[..., Reply]) -> None:
    reading = [door for door in doors(app) if door.method not in WRITES]
    names = ("q", "limit", "cursor", "sort", "status", "role", "month", "page", "category", "in")
    odd = st.sampled_from(TEXTS) | st.text(max_size=40)

    @by_chance
    @given(
        st.sampled_from(reading),
        st.dictionaries(st.sampled_from(names), st.lists(odd, min_size=1, max_size=2), max_size=3),
        st.sampled_from((*ATTACKERS, "anonymous")),
    )
    def queries(door: Door, query: dict[str, list[str]], who: str) -> None:
        plain = {
            name: [text.encode("utf-8", "replace").decode() for text in texts]
            for name, texts in query.items()
        }
        throw(who, door, query_string=plain)

    queries()


def test_odd_headers(app: Flask, throw: Callable[..., Reply]) -> None:
    names = ("Authorization", "Idempotency-Key", "If-Match", "If-None-Match", "Cookie", "Range")
    plain = [text.encode("utf-8", "replace").decode("latin-1") for text in TEXTS]
    values = [text for text in plain if len(text) < 8_000 and not set(text) & set("\r\n\0")]

    @by_chance
    @given(st.sampled_from(doors(app)), st.sampled_from(names), st.sampled_from(values))
    def run(door: Door, name: str, value: str) -> None:
        prefix = {"Authorization": "Bearer ", "Cookie": "access=a; refresh="}.get(name, "")
        body = {"json": {}} if door.takes_json else {}
        throw("customer", door, headers={name: prefix + value}, **body)

    run()
