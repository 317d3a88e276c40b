"""Rules about Python files: each takes one file and tells what is wrong with it."""

import ast

from tests.rules.source import FunctionNode, Source

LONGEST_FUNCTION = 40
LONGEST_MODULE = 300
MOST_PARAMETERS = 5
VAGUE = {"utils", "helpers", "common", "misc", "base", "util", "helper"}
INNER = {"services", "queries", "models", "states"}
EDGES = {"pages", "api", "tasks", "cli"}
EDGE_LIBRARIES = {"flask", "celery", "jinja2"}
SQL_CALLS = {"text", "execute", "exec_driver_sql", "executemany", "executescript", "scalar"}
ONLY_COMMITTER = "kirana/platform/db.py"
INDEX_COMMIT = ("kirana/search/writing.py", "index_writer.commit")
# The mailbox stands in for a program of its own and shares no clock with the shop.
CLOCKS = ("kirana/platform/clock.py", "kirana/mailbox/")
# What takes no parameter: names are quoted by the dialect.
UNBINDABLE = ("PRAGMA ", "ANALYZE ")


def commits_in_one_place(source: Source) -> list[str]:
    """Only platform/db.py commits and rolls back; the search index is no database of ours."""
    if source.path == ONLY_COMMITTER:
        return []
    return [
        source.at(call, f"calls {call.func.attr}()")
        for call in source.calls()
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in ("commit", "rollback")
        and (source.path, ast.unparse(call.func)) != INDEX_COMMIT
    ]


def functions_are_short(source: Source) -> list[str]:
    """At most 40 lines; create_app and seeds excepted."""
    if source.is_seed:
        return []
    return [
        source.at(node, f"{node.name} has {_length(node)} lines")
        for node in source.functions()
        if _length(node) > LONGEST_FUNCTION and node.name != "create_app"
    ]


def modules_are_short(source: Source) -> list[str]:
    """At most 300 lines; seeds excepted."""
    if source.is_seed or source.lines <= LONGEST_MODULE:
        return []
    return [f"{source.path} has {source.lines} lines"]


def few_parameters(source: Source) -> list[str]:
    """At most five, not counting self, cls and a leading connection; seeds excepted."""
    return [
        source.at(node, f"{node.name} has {_parameters(node)} parameters")
        for node in source.functions()
        if _parameters(node) > MOST_PARAMETERS and not source.is_seed
    ]


def imports_at_the_top(source: Source) -> list[str]:
    """No import inside a function."""
    return [
        source.at(inner, f"import inside {node.name}")
        for node in source.functions()
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]


def one_clock(source: Source) -> list[str]:
    """Only platform/clock.py asks the host for the time of day."""
    if source.path.startswith(CLOCKS):
        return []
    return [
        source.at(call, f"asks for the time: {ast.unparse(call.func)}()")
        for call in source.calls()
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in ("now", "utcnow", "today", "utcfromtimestamp")
        and ast.unparse(call.func.value).split(".")[-1] in ("datetime", "date")
    ]


def no_built_sql(source: Source) -> list[str]:
    """SQL text is never put together from pieces, but for PRAGMA and ANALYZE."""
    return [
        source.at(call, f"SQL put together for {_called(call)}()")
        for call in source.calls()
        if _called(call) in SQL_CALLS and call.args and _is_built(call.args[0])
    ]


def telling_names(source: Source) -> list[str]:
    """No module named utils and the like, no class ending in Manager."""
    vague = sorted(VAGUE.intersection(source.names))
    return [f"{source.path} is named {name}" for name in vague] + [
        source.at(node, f"class {node.name}")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef) and node.name.endswith("Manager")
    ]


def layers_know_their_libraries(source: Source) -> list[str]:
    """Services, queries, models and states import no web library; edges import no SQLAlchemy."""
    layer = source.names[2:3]
    if source.names[:1] != ["kirana"] or source.names[1] == "platform" or not layer:
        return []
    forbidden = EDGE_LIBRARIES if layer[0] in INNER else set()
    forbidden = {"sqlalchemy"} if layer[0] in EDGES else forbidden
    return [
        source.at(node, f"{layer[0]} import {name}")
        for node, name in source.imported()
        if name in forbidden
    ]


RULES = (
    commits_in_one_place,
    functions_are_short,
    modules_are_short,
    few_parameters,
    imports_at_the_top,
    one_clock,
    no_built_sql,
    telling_names,
    layers_know_their_libraries,
)


def _length(node: FunctionNode) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _parameters(node: FunctionNode) -> int:
    names = [each.arg for each in (*node.args.posonlyargs, *node.args.args)]
    if names and names[0] in ("self", "cls", "connection"):
        names = names[1:]
    return len(names) + len(node.args.kwonlyargs)


def _called(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _is_built(argument: ast.expr) -> bool:
    match argument:
        case ast.JoinedStr(values=[ast.Constant(value=str(start)), *_]):
            return not start.startswith(UNBINDABLE)
        case ast.JoinedStr():
            return True
        case ast.BinOp(left=left, op=ast.Add() | ast.Mod(), right=right):
            return _is_text(left) or _is_text(right)
        case ast.Call(func=ast.Attribute(value=value, attr="format" | "join")):
            return _is_text(value)
    return False


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
