"""`kirana check`: proves what must always hold, one rule for each numbered statement of the domain.

Each rule is one SELECT that returns the rows which break it, so that an operator sees them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, Connection, TextClause, bindparam, text

from kirana.check import (
    catalogue,
    history,
    ledgers,
    links,
    lots,
    money,
    people,
    stock,
    voices,
    work,
)  # fmt: skip
from kirana.check.naming import name_rows
from kirana.check.rule import Rule
from kirana.oversight.services import Broken
from kirana.platform import clock
from kirana.platform.db import snapshot
from kirana.platform.tables import UtcDateTime

SHOWN_ROWS = 20
_TYPES: Mapping[type, Any] = {datetime: UtcDateTime, dict: JSON}

RULES: tuple[Rule, ...] = (
    *stock.RULES,
    *lots.RULES,
    *money.RULES,
    *work.RULES,
    *links.RULES,
    *catalogue.RULES,
    *ledgers.RULES,
    *people.RULES,
    *history.RULES,
    *voices.RULES,
)


def run(progress: Callable[[Rule], None] | None = None) -> list[Broken]:
    """Check every rule, all as of one moment; an empty list means that all of them hold."""
    with snapshot() as connection:
        return list(find(connection, progress))


def rules_on(dialect: str) -> list[Rule]:
    """The rules that can be asked of that database."""
    return [rule for rule in RULES if rule.only_on in (None, dialect)]


def find(
    connection: Connection, progress: Callable[[Rule], None] | None = None
) -> Iterator[Broken]:
    """The rules that do not hold for what ``connection`` sees, one by one."""
    for rule in rules_on(connection.dialect.name):
        if progress:
            progress(rule)
        values = {name: _bound(connection, value) for name, value in rule.parameters.items()}
        found = connection.execute(_statement(rule.sql, values), values).mappings()
        rows = [dict(row) for row in found.fetchmany(SHOWN_ROWS)]
        if rows:
            number = _count(connection, rule, values, rows)
            yield Broken(rule.statement, rule.name, number, name_rows(connection, rows))


def _bound(connection: Connection, value: Any) -> Any:
    """A span of time stands for the moment that lies so far back, a function for what it finds."""
    if isinstance(value, timedelta):
        return clock.now(connection) - value
    return value(connection) if callable(value) else value


def _statement(sql: str, values: Mapping[str, Any]) -> TextClause:
    types = ((name, _TYPES.get(type(value))) for name, value in values.items())
    return text(sql).bindparams(*(bindparam(name, type_=kind) for name, kind in types if kind))


def _count(
    connection: Connection, rule: Rule, values: Mapping[str, Any], rows: Sequence[Any]
) -> int:
    """How many rows break the rule; asked only where they are more than are shown."""
    if len(rows) < SHOWN_ROWS:
        return len(rows)
    whole = f"SELECT COUNT(*) FROM ({rule.sql}) AS broken"  # noqa: S608 - a rule of ours
    found: int = connection.execute(_statement(whole, values), values).scalar_one()
    return found
