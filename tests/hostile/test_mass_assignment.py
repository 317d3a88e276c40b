"""Names that an operation does not own are refused wherever they stand, and change nothing."""

from typing import Any

import msgspec.inspect as kinds
import pytest
from flask import Flask

from kirana.platform import inputs, strict_json
from kirana.platform.inputs import PRIVILEGED
from kirana.platform.tables import Model
from tests.hostile.surface import (
    ATTACKERS,
    REFUSED,
    WAITING,
    Attacker,
    Door,
    Reply,
    Samples,
    doors,
    look,
    objects,
    own_names,
    pointer,
    put,
)

COLUMNS = {column.name for table in Model.metadata.tables.values() for column in table.columns}
NAMES = PRIVILEGED | COLUMNS
WISHES: dict[str, Any] = {"role": "admin", "status": "active", "is_admin": True}


@pytest.fixture(autouse=True)
def all_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """All names come at once here, and an answer that names twenty would hide the others."""
    monkeypatch.setattr(inputs, "MOST_ERRORS", 1000)
    for module in (inputs, strict_json):
        monkeypatch.setattr(module, "MOST_NAMES", 1000)


def wishes(own: set[str]) -> dict[str, Any]:
    """Every name that is not ``own``, with what an attacker would like there."""
    return {name: WISHES.get(name, 1) for name in sorted(NAMES - own)}


def code_of(name: str) -> str:
    return "forbidden_field" if name in PRIVILEGED else "unknown_field"


def test_a_body_cannot_carry_what_its_operation_does_not_own(
    app: Flask, attacker: Attacker, samples: Samples
) -> None:
    """At every object of the body, at every depth, all the names at once."""
    assert len(NAMES) > 100
    assert len([door for door in doors(app) if door.takes_json]) > 40
    faults = []
    for door in doors(app):
        if not door.takes_json:
            continue
        body = samples.of(door.schema) if door.schema else {}
        spots = objects(body, kinds.type_info(door.schema)) if door.schema else [((), set())]
        for at, own in spots:
            strange = wishes(own)
            loaded = put(body, at, {**look(body, at), **strange})
            replies = everybody(attacker, door, json=loaded)
            wanted = {pointer(at, name): code_of(name) for name in strange}
            faults += not_refused(door, replies, wanted)
    assert faults == []


def test_a_query_cannot_carry_what_its_operation_does_not_own(
    app: Flask, attacker: Attacker
) -> None:
    faults = []
    for door in doors(app):
        if door.declared is not None:
            strange = wishes(own_names(door.declared.query) if door.declared.query else set())
            replies = everybody(attacker, door, query_string=strange)
            faults += not_refused(door, replies, {f"/{n}": code_of(n) for n in strange})
    assert faults == []


@pytest.mark.on_database("sqlite")  # which names are read is no matter of the database
def test_a_form_cannot_carry_what_it_does_not_own(
    attacker: Attacker, samples: Samples, forms: dict[Door, Any]
) -> None:
    assert len(forms) > 15
    faults = []
    for door, schema in forms.items():
        good = samples.form(schema)
        loaded = {**good, **wishes(own_names(schema))}
        ways: tuple[dict[str, Any], ...] = (
            {"data": loaded},
            {"data": loaded, "content_type": "multipart/form-data"},
            {"data": good, "query_string": {"role": "admin"}},
        )
        for who in ATTACKERS:
            # Some ways lead on to another page before the form is read, and change nothing.
            led_on = attacker.call(who, door, data=good)
            passing = {303} if led_on.status == 303 and not led_on.changed else set()
            faults += [
                f"{door} as {who}: {reply.status} {reply.changed}"
                for reply in (attacker.call(who, door, **way) for way in ways)
                if reply.changed or not (400 <= reply.status < 500 or reply.status in passing)
            ]
    assert faults == []


def everybody(attacker: Attacker, door: Door, **options: Any) -> dict[str, Reply]:
    """What each attacker gets, and who waits too if the others get nowhere."""
    replies = {who: attacker.call(who, door, **options) for who in ATTACKERS}
    if not any(reply.status == 422 for reply in replies.values()):
        replies[WAITING] = attacker.call(WAITING, door, **options)
    return replies


def not_refused(door: Door, replies: dict[str, Reply], wanted: dict[str, str]) -> list[str]:
    """Who was not told about each name in ``wanted``, and whether anybody was."""
    faults = [
        f"{door} as {who}: {reply.status} {reply.changed} "
        f"{sorted(wanted.items() - reply.errors.items())[:3]}"
        for who, reply in replies.items()
        if reply.changed or reply.status not in REFUSED and not is_told(reply, wanted)
    ]
    if not any(reply.status == 422 for reply in replies.values()):
        faults.append(f"{door}: nobody got as far as the names")
    return faults


def is_told(reply: Reply, wanted: dict[str, str]) -> bool:
    return reply.status == 422 and wanted.items() <= reply.errors.items()
