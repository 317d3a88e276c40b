"""`kirana check`: proves what must always hold, one rule for each numbered statement of the domain.

Each rule is one SELECT that returns the rows which break it, so that an operator sees them.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, text

from kirana.check import history, links, money, people, stock, work
from kirana.check.rule import Rule
from kirana.platform.db import query

SHOWN_ROWS = 20

RULES: tuple[Rule, ...] = (
    *stock.RULES,
    *money.RULES,
    *work.RULES,
    *links.RULES,
    *people.RULES,
    *history.RULES,
)


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that does not hold, with (at most twenty of) the rows that break it."""

    statement: int
    rule: str
    rows: list[dict[str, Any]]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@query
def run(connection: Connection, progress: Callable[[Rule], None] | None = None) -> list[Finding]:
    """Check every rule; an empty list means that all of them hold."""
    return list(find(connection, progress))


def find(
    connection: Connection, progress: Callable[[Rule], None] | None = None
) -> Iterator[Finding]:
    """The rules that do not hold for what ``connection`` sees, one by one."""
    for rule in RULES:
        if rule.only_on not in (None, connection.dialect.name):
            continue
        if progress:
            progress(rule)
        found = connection.execute(text(rule.sql), rule.parameters).mappings()
        rows = [dict(row) for row in found.fetchmany(SHOWN_ROWS)]
        if rows:
            yield Finding(rule.statement, rule.name, rows)
