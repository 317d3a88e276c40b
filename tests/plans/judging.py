"""Reads the plan of a statement and says where it would walk through a whole table.

A walk in the order of an index or of the keys is good where a LIMIT ends it and nothing is passed
over on the way; a sort is good where it is of what one person or one thing has.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import kirana.schema  # noqa: F401 - all tables
from kirana.platform.tables import Model

# As many rows as somebody sets up by hand, whatever the shop sells.
SMALL = {
    "alembic_version", "catalog_version", "category", "store", "store_event", "membership",
    "incident", "incident_event", "job_run",
}  # fmt: skip
KEPT_WHOLE = "sorts all that it finds before the first row"
WALK = "walks through all of {}"
# One person's, one order's, one thing's: few rows, whatever the shop sells.
_OF_ONE = re.compile(
    r"\b(account_id|requester_id|cart_id|order_id|movement_id|group_id|email)\b\"? ?="
    r"|ix_invitation_store_id|uq_invitation_one_open|ix_category_request_store_id"
    r"|ix_price_product_id|ix_lot_"
)
_ALONE = "(uid|slug|number|email|token_hash)"
_UNIQUE = re.compile(
    rf"INTEGER PRIMARY KEY \(rowid=\?\)|sqlite_autoindex_\w+ \({_ALONE}=\?\)"
    rf"|\b(pk_\w+|uq_\w+_{_ALONE}) .* = "
)
_LIMIT = re.compile(r"\s+LIMIT \S+?(\s+OFFSET \S+?)?(?=\)?\s*(FOR UPDATE.*)?$)")
_SCAN = re.compile(r"SCAN (\w+)(.*)")
_TABLES = {table.name for table in Model.metadata.sorted_tables}


@dataclass(frozen=True)
class Statement:
    """As the driver was given it."""

    sql: str
    values: Any

    @property
    def is_explained(self) -> bool:
        finds_nothing = self.sql.endswith(("WHERE 0 = 1", "WHERE false")) or (
            "WHERE 0 = 1 " in self.sql or "WHERE false " in self.sql
        )
        reads = self.sql.lstrip().startswith(("SELECT", "UPDATE", "DELETE", "WITH"))
        return reads and not finds_nothing

    @property
    def is_limited(self) -> bool:
        return " LIMIT " in self.sql.replace("\n", " ")

    @property
    def is_narrowed(self) -> bool:
        """Whether rows are passed over on the way."""
        return " WHERE " in self.sql.replace("\n", " ")


# By index of a whole table: its table and its first column.
_BEGINS_WITH = {
    str(index.name): (table.name, index.columns[0].name)
    for table in Model.metadata.sorted_tables
    for index in table.indexes
    if index.dialect_options["postgresql"]["where"] is None
}


def faults(driver: Any, kind: str, statement: Statement) -> list[str]:
    """What is wrong with the plan, each in a few words; nothing for a good one."""
    judge = _judge_sqlite if kind == "sqlite" else _judge_postgresql
    return sorted(set(judge(driver, statement)))


def told(driver: Any, kind: str, statement: Statement) -> str:
    """The plan itself, as text that names its indexes."""
    if kind == "postgresql":
        return json.dumps(_plan(driver, statement.sql, statement.values))
    rows = driver.cursor().execute("EXPLAIN QUERY PLAN " + statement.sql, statement.values)
    return "\n".join(row[3] for row in rows)


def _is_large(name: str) -> bool:
    return _plain(name) in _TABLES - SMALL


def _plain(name: str) -> str:
    """The table behind an alias such as ``account_1``."""
    return name if name in _TABLES else re.sub(r"_\d+$", "", name)


# ---- SQLite


def _judge_sqlite(driver: Any, statement: Statement) -> Iterator[str]:
    cursor = driver.cursor()
    rows = list(cursor.execute("EXPLAIN QUERY PLAN " + statement.sql, statement.values))
    steps = [row[3] for row in rows]
    sorts = any("TEMP B-TREE FOR ORDER BY" in step for step in steps)
    for step in steps:
        found = _SCAN.match(step)
        if found and _is_large(found[1]):
            ends_early = statement.is_limited and not sorts
            if not ends_early or statement.is_narrowed:
                yield WALK.format(_plain(found[1]))
    # What the loops begin with says how many rows there are to be sorted.
    loops = [row[3] for row in rows if row[1] == 0 and row[3].startswith(("SCAN", "SEARCH"))]
    if sorts and statement.is_limited and not _is_few(loops):
        yield KEPT_WHOLE


def _is_few(loops: Iterable[str]) -> bool:
    """Whether loops, each told by how it finds its rows, begin with one thing or a small table."""
    for step in loops:
        if _OF_ONE.search(step):
            return True
        if not _UNIQUE.search(step) and SMALL.isdisjoint(step.split()[:2]):
            return False
    return True


# ---- PostgreSQL

AVOIDED = ("seqscan", "hashjoin", "mergejoin")
# A million rows on the pages that there are.
_GROW = """
    UPDATE pg_class SET
      relpages = pg_relation_size(pg_class.oid) / 8192,
      reltuples = CASE WHEN indpred IS NULL THEN 1000000 ELSE 50000 END
    FROM pg_class AS grown LEFT JOIN pg_index ON pg_index.indexrelid = grown.oid
    WHERE grown.oid = pg_class.oid AND pg_class.relnamespace = 'public'::regnamespace
      AND pg_class.relkind IN ('r', 'i') AND pg_relation_size(pg_class.oid) > 0
      AND NOT coalesce(pg_index.indrelid, grown.oid)::regclass::text = ANY(%s)
"""
# What was counted of a handful of rows, or of none, should PostgreSQL have come to it meanwhile.
_FORGET = (
    "DELETE FROM pg_statistic",
    "UPDATE pg_class SET relpages = 0, reltuples = -1 "
    "WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND pg_relation_size(oid) = 0",
)


def grow(driver: Any, kind: str) -> None:
    """Let PostgreSQL take its tables for large ones until this transaction is rolled back.

    SQLite chooses its way without looking at how many rows there are.
    """
    if kind == "postgresql":
        driver.cursor().execute(_GROW, [sorted(SMALL)])
        for forget in _FORGET:
            driver.cursor().execute(forget)


def faults_as_it_is(driver: Any, kind: str, statement: Statement) -> list[str]:
    """The same for a large database, whose planner is not told to avoid anything."""
    if kind == "sqlite":
        return faults(driver, kind, statement)
    plan = _plan(driver, statement.sql, statement.values, avoided=())
    return sorted(set(_judge_node(plan, ends_early=False)))


def _judge_postgresql(driver: Any, statement: Statement) -> Iterator[str]:
    """What is wrong with the best of four plans: as it is, by one index, unsorted, without LIMIT.

    On a table of many pages PostgreSQL rather gathers the few rows that it expects in a bitmap and
    sorts them, even where an index has them in their order. Nothing was counted of this stand-in
    for a large shop, so it expects a hundred rows of a department and sorts them too: what it does
    in a real one ``bench.plans`` shows. With a LIMIT it often walks along the
    keys and waits for a match, since it does not know how few rows one person has; without one it
    shows whether there is an index for these.
    """
    cut = _LIMIT.sub("", statement.sql)
    found = list(_judge_node(_plan(driver, statement.sql, statement.values), ends_early=False))
    if found:
        by_one = _plan(driver, statement.sql, statement.values, (*AVOIDED, "bitmapscan"))
        found = min(found, list(_judge_node(by_one, ends_early=False)), key=len)
    if found == [KEPT_WHOLE]:
        unsorted = _plan(driver, statement.sql, statement.values, (*AVOIDED, "sort"))
        found = min(found, list(_judge_node(unsorted, ends_early=False)), key=len)
    if found and cut != statement.sql:
        whole = _plan(driver, cut, statement.values)
        other = list(_judge_node(whole, ends_early=False))
        other += [KEPT_WHOLE for sort in _find(whole, "Sort") if not _is_fine_to_sort(sort)]
        found = min(found, other, key=len)
    yield from found


def _plan(driver: Any, sql: str, values: Any, avoided: Iterable[str] = AVOIDED) -> dict[str, Any]:
    cursor = driver.cursor()
    for what in (*AVOIDED, "bitmapscan", "sort"):
        cursor.execute(f"SET LOCAL enable_{what} = {'off' if what in avoided else 'on'}")
    cursor.execute("EXPLAIN (FORMAT JSON) " + sql, values)
    told = cursor.fetchone()[0]
    found: dict[str, Any] = (json.loads(told) if isinstance(told, str) else told)[0]["Plan"]
    return found


def _judge_node(node: dict[str, Any], ends_early: bool) -> Iterator[str]:
    """``ends_early``: a LIMIT above takes rows as they come."""
    kind = node["Node Type"]
    if kind == "Sort" and ends_early and not _is_fine_to_sort(node):
        yield KEPT_WHOLE
    if kind == "Limit":
        ends_early = True
    elif kind in ("Sort", "Aggregate", "Hash", "WindowAgg", "Unique"):
        ends_early = False
    name = node.get("Relation Name", "")
    reads = kind.endswith("Scan") and not node.keys() & {"Index Cond", "Recheck Cond", "TID Cond"}
    if reads and _is_large(name) and not (ends_early and "Filter" not in node):
        yield WALK.format(name)
    table, first = _BEGINS_WITH.get(node.get("Index Name", ""), ("", ""))
    if _is_large(table) and "Index Cond" in node and first not in node["Index Cond"]:
        yield WALK.format(table)  # along the whole index
    for child in node.get("Plans", ()):
        apart = child.get("Parent Relationship") in ("SubPlan", "InitPlan")
        yield from _judge_node(child, ends_early and not apart)


def _is_fine_to_sort(node: dict[str, Any]) -> bool:
    """What one person or thing has, or what a small table begins with."""
    return _is_few(_loops(node))


def _loops(node: dict[str, Any]) -> Iterator[str]:
    if name := node.get("Relation Name"):
        below = node.get("Plans", ()) if node["Node Type"] == "Bitmap Heap Scan" else ()
        index = next((child.get("Index Name") for child in below), node.get("Index Name"))
        yield f"{name} {index} {node.get('Index Cond') or node.get('Recheck Cond')}"
    for child in node.get("Plans", ()):
        if child.get("Parent Relationship") not in ("SubPlan", "InitPlan"):
            yield from _loops(child)


def _find(node: dict[str, Any], kind: str) -> Iterator[dict[str, Any]]:
    if node["Node Type"] == kind:
        yield node
    for child in node.get("Plans", ()):
        yield from _find(child, kind)
