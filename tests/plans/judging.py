"""Reads the plan of a statement and says where it would walk through a whole table.

A walk in the order of an index or of the keys is good where a LIMIT ends it and nothing filters
on the way. The databases of the tests are small, so PostgreSQL is told to avoid what it takes for
small tables only: what it cannot avoid then lacks an index.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import kirana.schema  # noqa: F401 - all tables
from kirana.platform.db import Model

# As many rows as somebody sets up by hand, whatever the shop sells.
SMALL = {
    "alembic_version", "catalog_version", "category", "store", "store_event", "membership",
    "incident", "incident_event", "job_run",
}  # fmt: skip
AVOIDED = ("seqscan", "sort", "hashjoin", "mergejoin", "material", "bitmapscan")
KEPT_WHOLE = "sorts all that it finds before the first row"
WALK = "walks through all of {}"
_SCAN = re.compile(r"SCAN (\w+)(.*)")
_TABLES = {table.name for table in Model.metadata.sorted_tables}


@dataclass(frozen=True)
class Statement:
    """As the driver was given it."""

    sql: str
    values: Any

    @property
    def is_explained(self) -> bool:
        return self.sql.lstrip().startswith(("SELECT", "UPDATE", "DELETE", "WITH"))

    @property
    def is_limited(self) -> bool:
        return " LIMIT " in self.sql.replace("\n", " ")

    def narrows(self, table: str) -> bool:
        """Whether a condition is about this table."""
        where = self.sql.replace("\n", " ").replace('"', "").partition(" WHERE ")[2]
        return f"{table}." in where.partition(" ORDER BY ")[0]


def faults(driver: Any, kind: str, statement: Statement) -> list[str]:
    """What is wrong with the plan, each in a few words; nothing for a good one."""
    judge = _judge_sqlite if kind == "sqlite" else _judge_postgresql
    return sorted(set(judge(driver, statement)))


def _is_large(name: str) -> bool:
    return _plain(name) in _TABLES - SMALL


def _plain(name: str) -> str:
    """The table behind an alias such as ``account_1``."""
    return name if name in _TABLES else re.sub(r"_\d+$", "", name)


# ---- SQLite


def _judge_sqlite(driver: Any, statement: Statement) -> Iterator[str]:
    cursor = driver.cursor()
    steps = [
        row[3] for row in cursor.execute("EXPLAIN QUERY PLAN " + statement.sql, statement.values)
    ]
    sorts = any("TEMP B-TREE FOR ORDER BY" in step for step in steps)
    for step in steps:
        found = _SCAN.match(step)
        if found and _is_large(found[1]):
            ends_early = statement.is_limited and not sorts
            if not ends_early or statement.narrows(found[1]):
                yield WALK.format(_plain(found[1]))
    if sorts and statement.is_limited:
        yield KEPT_WHOLE


# ---- PostgreSQL


def _judge_postgresql(driver: Any, statement: Statement) -> Iterator[str]:
    cursor = driver.cursor()
    for what in AVOIDED:
        cursor.execute(f"SET LOCAL enable_{what} = off")
    cursor.execute("EXPLAIN (FORMAT JSON) " + statement.sql, statement.values)
    told = cursor.fetchone()[0]
    plan = (json.loads(told) if isinstance(told, str) else told)[0]["Plan"]
    yield from _judge_node(plan, ends_early=False)


def _judge_node(node: dict[str, Any], ends_early: bool) -> Iterator[str]:
    """``ends_early``: a LIMIT above takes rows as they come."""
    sort = node["Node Type"] == "Sort"
    if sort and ends_early:
        yield KEPT_WHOLE
    if node["Node Type"] == "Limit":
        ends_early = True
    elif sort or node["Node Type"] in ("Aggregate", "Hash", "WindowAgg", "Unique"):
        ends_early = False
    name = node.get("Relation Name", "")
    is_walk = "Index Cond" not in node and "Recheck Cond" not in node and "TID Cond" not in node
    if name and _is_large(name) and is_walk and not (ends_early and "Filter" not in node):
        yield WALK.format(name)
    for child in node.get("Plans", ()):
        apart = child.get("Parent Relationship") in ("SubPlan", "InitPlan")
        yield from _judge_node(child, ends_early and not apart)
