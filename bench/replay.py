"""Records the statements of one order and sends them again for others, without SQLAlchemy."""

import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, event, func, select

from bench.fill import FIRST_KEY
from kirana.platform import db
from kirana.platform.tables import Model

# Keys are unlike every other number: see bench.fill, ``distinct_keys``.
_KEY = re.compile(r"\d{10,}")
# What the shop makes up for each order: identifiers of 22 characters, numbers of ten.
_MADE_UP = re.compile(r"[\w-]{22}|[0-9A-HJKMNP-TV-Z]{10}")
# Nothing that is made up may look like a key.
_LETTERS = str.maketrans("0123456789", "ghijklmnop")
Known = Mapping[Any, Any]
Place = tuple[int | None, int | str]


@dataclass(frozen=True)
class Statement:
    """As the driver was given it, with the keys that it returned; None where it has no rows."""

    sql: str
    parameters: Any
    is_many: bool
    keys: tuple[int, ...] | None


@dataclass(frozen=True)
class Ready:
    """A statement for another order; in ``places`` stand keys that the database has yet to give."""

    statement: Statement
    parameters: Any
    places: tuple[Place, ...]


@dataclass(frozen=True)
class Order:
    """One order, ready to be sent."""

    ready: tuple[Ready, ...]

    def send(self, driver: Any) -> None:
        """In one transaction, as the verb would."""
        given: dict[int, int] = {}
        cursor = driver.cursor()
        for each in self.ready:
            statement, values = each.statement, each.parameters
            for row, place in each.places:
                cells = values if row is None else values[row]
                cells[place] = _replaced(cells[place], given)
            (cursor.executemany if statement.is_many else cursor.execute)(statement.sql, values)
            found = cursor.fetchall() if statement.keys is not None else []
            if statement.keys:
                given.update(zip(statement.keys, _keys(found), strict=True))
        driver.commit()
        cursor.close()


@dataclass(frozen=True)
class Recording:
    """What one order sent; ``names`` are the keys by which its basket differs from others."""

    statements: tuple[Statement, ...]
    names: Sequence[int]

    def prepare(self, names: Sequence[int]) -> Order:
        """The same order for another basket."""
        known: dict[Any, Any] = dict(zip(self.names, names, strict=True))
        for text in {value for value in self._values() if isinstance(value, str)}:
            if _MADE_UP.fullmatch(text):
                fresh = secrets.token_hex(11).translate(_LETTERS)
                known[text] = fresh if len(text) == len(fresh) else fresh[:10].upper()
        given = {key for each in self.statements for key in each.keys or ()} - set(self.names)
        return Order(tuple(_made_ready(each, known, given) for each in self.statements))

    def _values(self) -> Iterator[Any]:
        for each in self.statements:
            for cells in _rows_of(each.parameters):
                yield from cells.values() if isinstance(cells, dict) else cells


def record(act: Callable[[], object], names: Sequence[int]) -> Recording:
    """Run ``act`` in a transaction that is undone, and keep what it sends.

    What the statements return is learnt by sending them again, after the sequences are set back.
    """
    seen: list[tuple[str, Any, bool]] = []

    def keep(_c: Any, _cursor: Any, sql: str, values: Any, _context: Any, _many: bool) -> None:
        seen.append((sql, values, isinstance(values, list)))

    event.listen(db.engine(), "before_cursor_execute", keep)
    try:
        with db.transaction() as connection:
            act()
            connection.rollback()
    finally:
        event.remove(db.engine(), "before_cursor_execute", keep)
    _set_sequences_back()
    with db.engine().connect() as connection:
        driver: Any = connection.connection.dbapi_connection
        statements = tuple(_sent_again(driver.cursor(), *each) for each in seen)
        driver.rollback()
    return Recording(statements, names)


def _sent_again(cursor: Any, sql: str, values: Any, is_many: bool) -> Statement:
    (cursor.executemany if is_many else cursor.execute)(sql, values)
    is_read = not is_many and cursor.description is not None
    rows = cursor.fetchall() if is_read else []
    keys = tuple(_keys(rows)) if "RETURNING" in sql else ()
    return Statement(sql, values, is_many, keys if is_read else None)


def _set_sequences_back() -> None:
    if db.engine().dialect.name != "postgresql":
        return
    with db.transaction() as connection:
        for table in Model.metadata.sorted_tables:
            if "id" in table.columns:
                name = func.pg_get_serial_sequence(bindparam("name", f'"{table.name}"'), "id")
                last = select(func.coalesce(func.max(table.c.id), 1)).scalar_subquery()
                connection.execute(select(func.setval(name, last)))


def _made_ready(statement: Statement, known: Known, given: set[int]) -> Ready:
    places: list[Place] = []
    rows: list[Any] = []
    for number, cells in enumerate(_rows_of(statement.parameters)):
        items = cells.items() if isinstance(cells, dict) else enumerate(cells)
        filled: Any = {} if isinstance(cells, dict) else list(cells)
        for place, value in items:
            filled[place] = _replaced(value, known)
            if given & set(_keys([[value]])):
                places.append((number if statement.is_many else None, place))
        rows.append(filled)
    return Ready(statement, rows if statement.is_many else rows[0], tuple(places))


def _rows_of(parameters: Any) -> list[Any]:
    return list(parameters) if isinstance(parameters, list) else [parameters]


def _replaced(value: Any, known: Known) -> Any:
    """``value`` with the keys and made-up texts in it exchanged."""
    if isinstance(value, int):
        return known.get(value, value)
    if isinstance(value, str):
        if value in known:
            return known[value]
        for text in [text for text in known if isinstance(text, str) and text in value]:
            value = value.replace(text, known[text])
        return _KEY.sub(lambda found: str(known.get(int(found[0]), found[0])), value)
    if hasattr(value, "obj"):  # psycopg's JSON
        value = type(value)(
            {name: _replaced(cell, known) for name, cell in value.obj.items()}
            if isinstance(value.obj, dict)
            else value.obj
        )
    return value


def _keys(rows: Sequence[Any]) -> list[int]:
    """The keys among the cells of rows, those inside a JSON cell too."""
    cells = [cell for row in rows for cell in row]
    whole = [cell for cell in cells if isinstance(cell, int) and cell >= FIRST_KEY]
    texts = [str(getattr(cell, "obj", cell)) for cell in cells if not isinstance(cell, int)]
    return whole + [int(found) for text in texts for found in _KEY.findall(text)]
