"""The doors of the shop, read from the routes themselves, and a good request for each.

Nothing here names a route: what another slice adds is found by itself.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
import msgspec.inspect as kinds
from flask import Flask
from sqlalchemy import Connection, event, select

from kirana.platform import db
from kirana.platform.db import query
from kirana.platform.http import Operation
from kirana.platform.tables import Model
from tests.accounts.people import PASSWORD
from tests.journeys.test_access import address, routes
from tests.world import World

API = "/api/v1/"
WRITES = ("POST", "PUT", "PATCH", "DELETE")
JSON = "application/json"
# In the order of who may do more, so that most doors are opened by the first who can.
ATTACKERS = ("customer", "manager", "admin")
WAITING = "pending"  # alone may ask again to be a manager
REFUSED = {401, 403, 404}
Path = tuple[str | int, ...]
# What a session notes about being used is no change that a request asks for.
RESTLESS = {"last_seen_at", "last_used_at"}
# Texts of which one fits a field that takes only a certain form.
FITTING = (
    "text", "2020-01", "2020-01-01", "560001", "new@example.org", "+91 98450 12345", "a", "INR",
    "en", "UTC", "#aabbcc", "12345678", "https://example.org/",
)  # fmt: skip


@dataclass(frozen=True)
class Door:
    """One method of one route; ``declared`` is what an API route says of itself."""

    method: str
    rule: str
    declared: Operation | None

    def __str__(self) -> str:
        return f"{self.method} {self.rule}"

    @property
    def is_write(self) -> bool:
        return self.method in WRITES

    @property
    def takes_json(self) -> bool:
        return self.is_write and self.declared is not None and not self.declared.uploads

    @property
    def schema(self) -> Any:
        return self.declared.body if self.declared else None


def doors(app: Flask) -> list[Door]:
    """Every method of every route, in an order that stays."""
    views = {
        (method, rule.rule): app.view_functions[rule.endpoint]
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
    }
    return [
        Door(method, rule, getattr(views[method, rule], "__operation__", None))
        for method, rule in sorted(routes(app), key=lambda found: (found[1], found[0]))
    ]


@dataclass(frozen=True)
class Reply:
    """What a request brought, and whether the database is another one since."""

    status: int
    kind: str
    problem: dict[str, Any]
    changed: list[str]

    @property
    def errors(self) -> dict[str, str]:
        """Codes by pointer."""
        return {error["pointer"]: error["code"] for error in self.problem.get("errors", ())}


READING = ("SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK")


class RolledBack(Exception):
    """Ends the transaction of one request."""


@dataclass
class Attacker:
    """Calls doors as somebody of the world; what is written is undone after each call.

    ``before`` is the world as it is before each of them.
    """

    world: World

    def __post_init__(self) -> None:
        self.before = everything()

    def call(self, who: str, door: Door, **options: Any) -> Reply:
        """One request. ``query`` is its query string, ``path`` another path than the rule's."""
        visitor = self.world.people[who]
        headers = {**visitor.headers, **options.pop("headers", {})}
        if door.declared is not None and door.declared.idempotency == "required":
            headers.setdefault("Idempotency-Key", "hostile")
        path = options.pop("path", None) or address(door.rule, self.world.keys)
        visitor.client._cookies.clear()
        with undone() as written:
            answer = visitor.client.open(path, method=door.method, headers=headers, **options)
            is_problem = answer.mimetype == "application/problem+json"
            problem = msgspec.json.decode(answer.data) if is_problem else {}
            answer.close()
            changed = differences(self.before, everything()) if written else []
        return Reply(answer.status_code, answer.mimetype, problem, changed)


@contextlib.contextmanager
def nested() -> Iterator[Connection]:
    """In place of ``db.transaction``: what fails inside ours is undone by itself, as it would
    be were it alone."""
    unit = db._unit.get()
    if unit is None:
        with _transaction() as connection:
            yield connection
    else:
        with unit.connection.begin_nested():
            yield unit.connection


_transaction = db.transaction


@contextlib.contextmanager
def undone() -> Iterator[list[str]]:
    """A transaction that is undone; gives the statements that wrote something in it."""
    written: list[str] = []

    def note(heard: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        reads = ("SELECT", "SAVEPOINT", "ROLLBACK", "RELEASE")
        if heard is connection and not statement.lstrip().upper().startswith(reads):
            written.append(statement)

    with contextlib.suppress(RolledBack), db.transaction() as connection:
        event.listen(db.engine(), "before_cursor_execute", note)
        try:
            yield written
        finally:
            event.remove(db.engine(), "before_cursor_execute", note)
        raise RolledBack


Rows = dict[str, dict[Any, dict[str, Any]]]


@query
def everything(connection: Connection) -> Rows:
    """Every row of every table by its key."""
    found: Rows = {}
    for table in Model.metadata.sorted_tables:
        keys = [column.name for column in table.primary_key] or table.columns.keys()
        rows = connection.execute(select(table)).mappings()
        found[table.name] = {
            tuple(row[key] for key in keys): {k: v for k, v in row.items() if k not in RESTLESS}
            for row in rows
        }
    return found


def differences(before: Rows, after: Rows) -> list[str]:
    """``table.column`` of each value that changed, ``table`` of each row that came or went."""
    found = set()
    for name, old in before.items():
        new = after[name]
        if old == new:
            continue
        if old.keys() != new.keys():
            found.add(name)
        for key in old.keys() & new.keys():
            found |= {f"{name}.{c}" for c, value in old[key].items() if new[key][c] != value}
    return sorted(found)


# ---- good bodies


@dataclass(frozen=True)
class Samples:
    """Makes values that schemas take, with the keys of things that exist in the world."""

    keys: dict[str, str]

    def of(self, schema: Any) -> dict[str, Any]:
        """A body with every field there is. Raises ValidationError if no text fits a field."""
        made = self._value(kinds.type_info(schema), "")
        msgspec.convert(made, schema)
        return dict(made)

    def form(self, schema: Any) -> dict[str, str]:
        """The same as a browser posts it."""
        names = {True: "on", False: "", None: ""}
        found = {}
        for field in msgspec.structs.fields(schema):
            value = self._value(kinds.type_info(field.type), field.encode_name)
            value = value[0] if isinstance(value, list) else value
            found[field.encode_name] = names.get(value, str(value))
        return found

    def _value(self, kind: Any, name: str) -> Any:
        match kind:
            case kinds.Metadata():
                return self._value(kind.type, name)
            case kinds.StructType():
                return {f.encode_name: self._value(f.type, f.encode_name) for f in kind.fields}
            case kinds.UnionType():
                return self._value(_richest(kind), name)
            case kinds.ListType():
                return [self._value(kind.item_type, name)] * max(1, kind.min_length or 0)
            case kinds.LiteralType():
                return kind.values[0]
            case kinds.EnumType():
                return next(iter(kind.cls)).value
            case kinds.StrType():
                return self._text(kind, name)
            case _:
                return _plain(kind)

    def _text(self, kind: Any, name: str) -> str:
        known = {
            "product": self.keys["product"], "slug": self.keys["product"],
            "category": self.keys["category"], "store": self.keys["manager.store"],
            "store_slug": self.keys["manager.store"], "address": self.keys["address"],
            "month": "2020-01", "to": "accepted", "kind": "received", "email": "new@example.org",
            "zone": "UTC", "price": "10", "quantity": "1", "currency": "INR",
            "parent": self.keys["category"], "locale": "en",
        }  # fmt: skip
        word = PASSWORD if "password" in name else known.get(name.removesuffix("_uid"), "")
        marks = {k: getattr(kind, k) for k in ("min_length", "max_length", "pattern")}
        bounded = msgspec.Meta(**{k: v for k, v in marks.items() if v is not None})
        for text in (word, *FITTING, "x" * (kind.min_length or 1)):
            with contextlib.suppress(msgspec.ValidationError):
                if text:
                    return str(msgspec.convert(text, Annotated[str, bounded]))
        return "x"


def _richest(kind: Any) -> Any:
    """Of the choices the one with most inside: an object before a list before a text."""
    order = (kinds.StructType, kinds.ListType, kinds.LiteralType, kinds.EnumType)
    for wanted in order:
        for choice in kind.types:
            if isinstance(choice, wanted):
                return choice
    return next(choice for choice in kind.types if not isinstance(choice, kinds.NoneType))


def _plain(kind: Any) -> Any:
    match kind:
        case kinds.IntType() | kinds.FloatType():
            return kind.ge if kind.ge is not None else 1 if kind.gt is None else kind.gt + 1
        case kinds.BoolType():
            return True
        case kinds.DateTimeType():
            return "2026-01-01T00:00:00Z"
        case kinds.DateType():
            return "2026-01-01"
        case kinds.DictType():
            return {}
        case kinds.DecimalType():
            return "1"
        case _:
            return None


def own_names(schema: Any) -> set[str]:
    return {field.encode_name for field in msgspec.structs.fields(schema)}


def objects(body: Any, kind: Any, at: Path = ()) -> Iterator[tuple[Path, set[str]]]:
    """Where ``body`` holds an object of a schema, with the names that schema owns there."""
    match kind:
        case kinds.Metadata():
            yield from objects(body, kind.type, at)
        case kinds.StructType() if isinstance(body, dict):
            yield at, {field.encode_name for field in kind.fields}
            for field in kind.fields:
                name = field.encode_name
                yield from objects(body.get(name), field.type, (*at, name))
        case kinds.ListType() if isinstance(body, list):
            for index, inner in enumerate(body):
                yield from objects(inner, kind.item_type, (*at, index))
        case kinds.UnionType():
            yield from objects(body, _richest(kind), at)


def places(body: Any, at: Path = ()) -> Iterator[Path]:
    """Every place in ``body`` that holds a value."""
    items = enumerate(body) if isinstance(body, list) else ()
    for key, inner in body.items() if isinstance(body, dict) else items:
        yield (*at, key)
        yield from places(inner, (*at, key))


def put(body: Any, at: Path, value: Any) -> Any:
    """``body`` with ``value`` at that place; the original stays as it is."""
    if not at:
        return value
    copy = dict(body) if isinstance(body, dict) else list(body)
    copy[at[0]] = put(copy[at[0]] if len(at) > 1 else None, at[1:], value)
    return copy


def look(body: Any, at: Path) -> Any:
    for step in at:
        body = body[step]
    return body


def pointer(at: Path, name: str) -> str:
    return "".join(f"/{step}" for step in (*at, name))
