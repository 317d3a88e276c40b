"""Rules about what lets people in where they do not belong: each takes one Python file."""

import ast
import re

from tests.rules.source import FunctionNode, Source

# Public keys of things: whoever is given one must also be told who asks.
KEYS = {"uid", "number", "slug", "product", "order", "address_uid", "session_uid", "key_uid"}
WORK = {"verb", "query"}
SQL = re.compile(r"\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH)\s")
SECRET = re.compile(r"(secret|token|digest|signature|password|mac|code)(_hash)?$", re.IGNORECASE)
DANGEROUS = {
    "eval", "exec", "compile", "__import__", "os.system", "os.popen", "yaml.load",
    "pickle.load", "pickle.loads", "marshal.loads", "shelve.open", "tempfile.mktemp",
}  # fmt: skip
RAW_INPUT = {"form", "files", "values", "json", "get_json", "data"}
NOSEC = "# no" + "sec"
EDGE = ("kirana/platform/", "kirana/edge/", "kirana/mailbox/")

# Reviewed: ``path function`` of what takes a key without asking who wants it, and why it may.
ASKS_NOBODY = {
    "kirana/catalog/queries.py find_category": "categories are public",
    "kirana/catalog/queries.py get_category": "categories are public",
    "kirana/reviews/queries.py list_shown": "what is shown is public",
    "kirana/pairs/queries.py list_companions": "counted over at least five people, public",
    "kirana/stock/queries.py find_product_page": "what is on sale is public",
    "kirana/privacy/queries.py id_of": "asked by the job that erases",
    "kirana/privacy/services/erasing.py _erase_unless_waiting": "the job that erases",
    "kirana/stock/ledger_queries.py explain_level": "the operator's command line has every store",
    "kirana/exports/queries.py store_of": "the operator's command line has every store",
}
# Who reads a request past its schema, and for what.
READERS = {
    "kirana/accounts/pages/second_step.py": "only which field to mark",
    "kirana/accounts/pages/signing_in.py": "only the local path to go back to",
    "kirana/backoffice/pages/products.py": "the picture, which uploads.py checks",
    "kirana/catalog/uploads.py": "the picture itself",
    "kirana/checkout/pages.py": "the key and the fingerprint of a form sent twice",
}


def owners_are_asked(source: Source) -> list[str]:
    """A verb or query that takes a thing's key takes the actor too, and uses it."""
    if not source.path.startswith("kirana/") or source.path.startswith(EDGE) or source.is_seed:
        return []
    found = []
    for node in source.functions():
        names = {each.arg for each in (*node.args.args, *node.args.kwonlyargs)}
        if not (WORK & _decorators(node) and KEYS & names):
            continue
        used = {each.id for part in node.body for each in ast.walk(part) if _is_name(each)}
        if "actor" not in used and f"{source.path} {node.name}" not in ASKS_NOBODY:
            found.append(source.at(node, f"{node.name} asks nobody whose it is"))
    return found


def no_sql_from_pieces(source: Source) -> list[str]:
    """No f-string, sum, % or format begins as SQL does; kirana check builds from its tables."""
    if source.path.startswith("kirana/check/"):
        return []
    return [
        source.at(node, "SQL put together from pieces")
        for node in ast.walk(source.tree)
        if SQL.match(_start(node))
    ]


def no_dangerous_calls(source: Source) -> list[str]:
    """Nothing that runs a text, unpacks objects from bytes or starts a shell."""
    return [
        source.at(call, f"calls {ast.unparse(call.func)}")
        for call in source.calls()
        if ast.unparse(call.func) in DANGEROUS
        or any(
            word.arg == "shell" and not _is_constant(word.value, False) for word in call.keywords
        )
    ]


def no_markup_of_texts(source: Source) -> list[str]:
    """Only a literal is marked as HTML that needs no escaping."""
    return [
        source.at(call, "marks a text as HTML")
        for call in source.calls()
        if ast.unparse(call.func).rpartition(".")[2] in ("Markup", "render_template_string")
        and not all(isinstance(given, ast.Constant) for given in call.args)
    ]


def secrets_are_compared_slowly(source: Source) -> list[str]:
    """Secrets are compared by hmac.compare_digest; columns in a WHERE are compared by hash."""
    return [
        source.at(node, f"compares {ast.unparse(node)}")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Compare)
        and isinstance(node.ops[0], ast.Eq | ast.NotEq)
        and any(_is_secret(side) for side in (node.left, *node.comparators))
        and not any(_is_plain(side) for side in (node.left, *node.comparators))
    ]


def chance_is_for_jitter(source: Source) -> list[str]:
    """``random`` is imported by name where a pause is spread and by the demo, nowhere else."""
    if source.is_seed or source.path in ("kirana/platform/db.py", "kirana/mailing/delivery.py"):
        return []
    return [
        source.at(node, "imports random") for node, name in source.imported() if name == "random"
    ]


def input_is_read_through_schemas(source: Source) -> list[str]:
    """Nobody but the platform reads what a request carries; the exceptions are in READERS."""
    if source.path.startswith(EDGE) or source.path in READERS:
        return []
    return [
        source.at(node, f"reads request.{node.attr}")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute)
        and node.attr in RAW_INPUT
        and isinstance(node.value, ast.Name)
        and node.value.id == "request"
    ]


def silence_has_a_reason(source: Source) -> list[str]:
    """``# noqa: S…`` is followed by why; ``# nosec`` is not used."""
    return [
        f"{source.path}:{number} {line.strip()}"
        for number, line in enumerate(source.text.splitlines(), 1)
        if NOSEC in line or re.search(r"# noqa: S\d+\s*$", line)
    ]


RULES = (
    owners_are_asked,
    no_sql_from_pieces,
    no_dangerous_calls,
    no_markup_of_texts,
    secrets_are_compared_slowly,
    chance_is_for_jitter,
    input_is_read_through_schemas,
)


def _decorators(node: FunctionNode) -> set[str]:
    return {ast.unparse(each).rpartition(".")[2] for each in node.decorator_list}


def _is_name(node: ast.AST) -> bool:
    return isinstance(node, ast.Name)


def _start(node: ast.AST) -> str:
    """The literal that a text put together from pieces begins with."""
    match node:
        case ast.JoinedStr(values=[ast.Constant(value=str(text)), _, *_]):
            return text
        case ast.BinOp(left=ast.Constant(value=str(text)), op=ast.Add() | ast.Mod()):
            return text
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(text)), attr="format")):
            return text
    return ""


def _is_constant(node: ast.expr, value: object) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


def _is_secret(node: ast.expr) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return bool(SECRET.search(name))


def _is_plain(node: ast.expr) -> bool:
    """A literal, or a column of a model: ``Session.refresh_hash``."""
    is_column = (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id[:1].isupper()
    )
    return is_column or isinstance(node, ast.Constant)
