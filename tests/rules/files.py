"""Rules about files that are not Python, and about the whole."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from kirana.platform.config import PREFIX, Settings
from tests.rules.source import Source

MOST_LINES = 30_500
MOST_LINES_OF_A_ROOM = 4_200
PAGE_RULES = {
    "raw text: |safe": re.compile(r"\|\s*safe\b"),
    "escaping switched off": re.compile(r"autoescape\s+false"),
    "inline script": re.compile(r"<script(?![^>]*\bsrc=)[^>]*>", re.IGNORECASE),
    "inline handler": re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "script address": re.compile(r"javascript:", re.IGNORECASE),
}
STYLE_RULES = {
    "inline style": re.compile(r"<[^>]*\sstyle\s*=", re.IGNORECASE),
    "style element": re.compile(r"<style\b", re.IGNORECASE),
}
ADDRESS = re.compile(
    r"\w+://(?!localhost|127\.0\.0\.1)|--(extra-)?index-url|--find-links|\bpip\b.* -[if] "
)


def templates_are_clean(source: Source) -> list[str]:
    """No raw text, no script and no style in a template; mails, which have no other way, keep
    their styles."""
    rules = PAGE_RULES if is_mail(source) else PAGE_RULES | STYLE_RULES
    return [
        f"{source.path}:{number} {what}"
        for number, line in enumerate(source.text.splitlines(), 1)
        for what, rule in rules.items()
        if rule.search(line)
    ]


def is_mail(source: Source) -> bool:
    return "notifications" in source.names or "mails" in source.names


def lock_is_whole(source: Source) -> list[str]:
    """Each requirement is pinned and has a hash."""
    blocks = re.split(r"\n(?=[A-Za-z0-9])", "\n" + source.text)[1:]
    wrong = [block.split()[0] for block in blocks if "--hash=sha256:" not in block]
    loose = [block.split()[0] for block in blocks if "==" not in block.split()[0]]
    empty = [] if blocks else ["no requirement at all"]
    return [f"{source.path}: {what}" for what in (*wrong, *loose, *empty)]


def no_download_address(source: Source) -> list[str]:
    """Packages come from wherever the machine's own settings say."""
    return [
        f"{source.path}:{number} {line.strip()}"
        for number, line in enumerate(source.text.splitlines(), 1)
        if ADDRESS.search(line)
    ]


def product_is_small(sources: Iterable[Source]) -> list[str]:
    """The whole and each room within the budget of docs/decisions/0007, counted as 0006 says:
    without blank lines, comments, docstrings, and what only a developer's machine runs."""
    rooms = Counter[str]()
    for source in sources:
        if not source.is_for_developers:
            rooms["/".join(source.path.split("/")[:2])] += source.code_lines
    total = rooms.total()
    large = [f"{room}: {n} lines" for room, n in rooms.items() if n > MOST_LINES_OF_A_ROOM]
    return large + ([f"{total} lines of Python"] if total > MOST_LINES else [])


def settings_are_documented(page: str) -> list[str]:
    """Each setting has its place in the page, and the page names no setting that is not there."""
    known = {PREFIX + item.name.upper() for item in fields(Settings)}
    named = set(re.findall(rf"\b{PREFIX}[A-Z_]+\b", page))
    return [f"not documented: {name}" for name in sorted(known - named)] + [
        f"not a setting: {name}" for name in sorted(named - known)
    ]


def routes_declare_access(app: Any) -> list[str]:
    """Every route is under @public or @requires."""
    return [
        f"{rule.rule} ({rule.endpoint})"
        for rule in app.url_map.iter_rules()
        if not getattr(app.view_functions[rule.endpoint], "__access__", "")
    ]
