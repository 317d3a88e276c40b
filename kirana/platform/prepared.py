"""Statements that are made once, kept in the form in which the driver takes them.

SQLAlchemy finds a statement's text by all that the statement is made of, and wraps each result in
an object that looks its columns up by name: for a small statement two thirds of what it costs
(docs/decisions/0026). What a statement means, and what its types make of values, is its to say.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from operator import itemgetter
from typing import Any, NoReturn

from sqlalchemy import BindParameter, Connection, Dialect, Select
from sqlalchemy.sql.visitors import cloned_traverse
from sqlalchemy.types import TypeEngine

# A longer list is left to the library.
LONGEST_LIST = 64
_CURSOR = "kirana.cursor"
Values = Mapping[str, Any]
_Value = Callable[[Values], Any]
_Processor = Callable[[Any], Any]


class Prepared:
    """A statement, executed with all its values by name on whatever connection is given.

    An INSERT is made for the columns ``named``; what others default to is added. The value of an
    expanding parameter is a list. Raises what the library raises, and loses a connection as it
    does. Where somebody listens to the engine the library executes, so that nothing is unheard.
    """

    __slots__ = ("_forms", "_lists", "_named", "_statement")

    def __init__(self, statement: Any, named: Iterable[str] = ()) -> None:
        self._statement, self._named = statement, tuple(named)
        self._lists: tuple[str, ...] | None = None
        self._forms: dict[tuple[str, tuple[int, ...]], _Form] = {}

    def all(self, connection: Connection, values: Values) -> Sequence[Any]:
        """The rows, as named tuples."""
        form = self._form(connection, values)
        if form is None:
            return connection.execute(self._statement, values).all()
        return form.rows(connection, values)

    def one_or_none(self, connection: Connection, values: Values) -> Any:
        """The row, or None; of a statement that cannot find two."""
        found = self.all(connection, values)
        return found[0] if found else None

    def scalar(self, connection: Connection, values: Values) -> Any:
        """The first value of the row, or None without one."""
        found = self.all(connection, values)
        return found[0][0] if found else None

    def count(self, connection: Connection, values: Values) -> int:
        """How many rows were written."""
        form = self._form(connection, values)
        if form is None:
            return connection.execute(self._statement, values).rowcount
        return form.count(connection, values)

    def each(self, connection: Connection, rows: Sequence[Values]) -> None:
        """Once for each of ``rows``, at least one, which all name the same values."""
        form = self._form(connection, rows[0])
        if form is None:
            connection.execute(self._statement, rows)
        else:
            form.each(connection, rows)

    def _form(self, connection: Connection, values: Values) -> "_Form | None":
        if connection.engine.dispatch.before_cursor_execute:
            return None
        dialect, lists = connection.dialect, self._lists
        if lists is None:
            lists = self._lists = _expanding(self._statement, dialect)
        lengths = tuple([_room_for(len(values[name])) for name in lists]) if lists else ()
        if 0 in lengths:
            return None
        form = self._forms.get((dialect.name, lengths))
        if form is None:
            form = _Form(
                self._statement, self._named, dict(zip(lists, lengths, strict=True)), dialect
            )
            self._forms[dialect.name, lengths] = form
        return form


class _Form:
    """Of one statement, for one database and so many values of each list.

    A shorter list is filled up with its last value, or there would be a form for each length.
    """

    __slots__ = ("_dialect", "_is_by_place", "_processors", "_row", "_text", "_types", "_values")

    def __init__(
        self, statement: Any, named: Sequence[str], lengths: Mapping[str, int], dialect: Dialect
    ) -> None:
        plain: Any = cloned_traverse(statement, {}, {"bindparam": _write_out})
        compiled: Any = plain.compile(dialect=dialect, column_keys=list(named) or None)
        blank = {
            name: [None] * lengths.get(name, 0) or each.value
            for name, each in compiled.binds.items()
        }
        written = compiled.construct_expanded_state(blank)
        self._text, self._dialect = written.statement, dialect
        self._is_by_place = bool(compiled.positional)
        if compiled.update_prefetch:
            raise TypeError("a column that changes by itself is left to the library")
        values = _values_of(compiled, written.parameter_expansion, dialect)
        order = written.positiontup if self._is_by_place else values
        self._values = [(name, values[name]) for name in order]
        told = _told(statement)
        self._types: list[TypeEngine[Any]] = [column["type"] for column in told]
        names = [column["name"] for column in told]
        row: Any = namedtuple("Row", names, rename=True)  # type: ignore[misc]  # noqa: PYI024
        # As its own _make, which is a function in Python.
        self._row: Callable[[Iterable[Any]], Any] = partial(tuple.__new__, row)
        self._processors: list[tuple[int, _Processor]] | None = None

    def rows(self, connection: Connection, values: Values) -> list[Any]:
        cursor = self._sent(connection, values)
        try:
            found = cursor.fetchall()
        except BaseException as error:  # noqa: BLE001 - whatever it is, the library knows it
            _fail(connection, error, self._text, cursor)
        if self._processors is None:
            self._processors = self._processors_of(cursor.description)
        if self._processors:
            found = [_processed(row, self._processors) for row in found]
        return list(map(self._row, found))

    def count(self, connection: Connection, values: Values) -> int:
        found: int = self._sent(connection, values).rowcount
        return found

    def each(self, connection: Connection, rows: Sequence[Values]) -> None:
        given = [self._given(values) for values in rows]
        if len(given) == 1:
            send(connection, self._text, given[0])
        else:
            send(connection, self._text, given, "executemany")

    def _sent(self, connection: Connection, values: Values) -> Any:
        return send(connection, self._text, self._given(values))

    def _given(self, values: Values) -> Any:
        if self._is_by_place:
            return [value(values) for _, value in self._values]
        return {name: value(values) for name, value in self._values}

    def _processors_of(self, description: Sequence[Any]) -> list[tuple[int, _Processor]]:
        """What the types make of a value that the driver gave, by column."""
        found: list[tuple[int, _Processor]] = []
        for place, (column, told) in enumerate(zip(self._types, description, strict=True)):
            process = column.dialect_impl(self._dialect).result_processor(self._dialect, told[1])
            if process is not None:
                found.append((place, process))
        return found


def _write_out(parameter: BindParameter[Any]) -> None:
    """Constants stand in the text.

    SQLite prepares a statement anew each time when a parameter of it is compared with what a
    partial index is limited to.
    """
    if parameter.unique and isinstance(parameter.value, int | str):
        parameter.literal_execute = True


def _processed(row: Iterable[Any], processors: Sequence[tuple[int, _Processor]]) -> list[Any]:
    values = list(row)
    for place, process in processors:
        values[place] = process(values[place])
    return values


def _values_of(
    compiled: Any, expansion: Mapping[str, Sequence[str]], dialect: Dialect
) -> dict[str, _Value]:
    """What gives the driver each of its parameters, by name."""
    defaults = {column.key: column.default for column in compiled.insert_prefetch}
    found: dict[str, _Value] = {}
    for name, parameter in compiled.binds.items():
        process = parameter.type.dialect_impl(dialect).bind_processor(dialect)
        for place, one in enumerate(expansion.get(name, ())):
            found[one] = _through(process, _of_list(name, parameter, place))
        if name not in expansion and not parameter.literal_execute:
            found[name] = _through(process, _plain(name, parameter, defaults.get(name)))
    return found


def _through(process: _Processor | None, value: _Value) -> _Value:
    return value if process is None else lambda values: process(value(values))


def _of_list(name: str, parameter: BindParameter[Any], place: int) -> _Value:
    if not parameter.required:
        constant = list(parameter.value or ())[place]
        return lambda _: constant

    def value(values: Values) -> Any:
        given = values[name]
        return given[place] if place < len(given) else given[-1]

    return value


def _plain(name: str, parameter: BindParameter[Any], default: Any) -> _Value:
    if default is not None:  # of a column that an INSERT does not name
        argument = default.arg
        return (lambda _: argument(None)) if default.is_callable else (lambda _: argument)
    if parameter.required:
        return itemgetter(name)
    constant = parameter.value
    return lambda values: values.get(name, constant)


def _expanding(statement: Any, dialect: Dialect) -> tuple[str, ...]:
    binds = statement.compile(dialect=dialect).binds
    return tuple(name for name, each in binds.items() if each.expanding and each.required)


def _room_for(length: int) -> int:
    """The next power of two; 0 for a list that is left to the library."""
    return 1 << (length - 1).bit_length() if 0 < length <= LONGEST_LIST else 0


def _told(statement: Any) -> Sequence[Any]:
    """Name and type of each column that is read."""
    told: Any = statement
    if isinstance(statement, Select):
        return told.column_descriptions  # type: ignore[no-any-return]
    return told.returning_column_descriptions  # type: ignore[no-any-return]


def send(connection: Connection, text: str, given: Any, how: str = "execute") -> Any:
    """The driver's cursor after it has executed ``text``: to be read before anything else is sent.

    Each connection keeps one: psycopg spends a third of a small statement on making and closing
    one. Raises what the library raises.
    """
    cursor: Any = None
    try:
        lent = connection.connection
        cursor = lent.info.get(_CURSOR)
        if cursor is None:
            cursor = lent.info[_CURSOR] = lent.cursor()
        getattr(cursor, how)(text, given)
    except BaseException as error:  # noqa: BLE001 - as above
        _fail(connection, error, text, cursor)
    return cursor


def _fail(connection: Connection, error: BaseException, text: str, cursor: Any) -> NoReturn:
    """Raise it as the library does, which then knows whether the connection is lost."""
    if cursor is not None:
        connection.info.pop(_CURSOR, None)  # the library closes it
    is_drivers = isinstance(error, connection.dialect.loaded_dbapi.Error)
    connection._handle_dbapi_exception(error, text if is_drivers else None, None, cursor, None)
