"""The files that the rules are about, read once."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parents[2]
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One file; ``path`` is relative to the root."""

    path: str
    text: str
    tree: ast.Module = field(compare=False, repr=False)

    @property
    def lines(self) -> int:
        return len(self.text.splitlines())

    @property
    def code_lines(self) -> int:
        """Lines that are neither blank nor comment nor docstring."""
        apart = {number for node in ast.walk(self.tree) for number in _docstring_lines(node)}
        lines = enumerate(map(str.strip, self.text.splitlines()), 1)
        return sum(1 for number, line in lines if line and line[0] != "#" and number not in apart)

    @property
    def is_seed(self) -> bool:
        """Demo data and migrations: long lists rather than code."""
        return self.path.startswith(("kirana/demo/", "migrations/"))

    @property
    def is_for_developers(self) -> bool:
        """The demo shop and the mailbox that stands in for a mail server: no shop serves them."""
        return self.is_seed or self.path.startswith("kirana/mailbox/")

    @property
    def names(self) -> list[str]:
        """Folders and file name without its ending."""
        return [*PurePosixPath(self.path).parts[:-1], PurePosixPath(self.path).stem]

    def at(self, node: ast.AST, what: str) -> str:
        return f"{self.path}:{getattr(node, 'lineno', 0)} {what}"

    def functions(self) -> Iterator[FunctionNode]:
        for node in ast.walk(self.tree):
            if isinstance(node, FunctionNode):
                yield node

    def calls(self) -> Iterator[ast.Call]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                yield node

    def imported(self) -> Iterator[tuple[ast.AST, str]]:
        """Every import with the name of the top package."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((node, name.name.partition(".")[0]) for name in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node, node.module.partition(".")[0]


def _docstring_lines(node: ast.AST) -> range:
    documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    if not isinstance(node, documented) or ast.get_docstring(node) is None:
        return range(0)
    first = node.body[0]
    return range(first.lineno, (first.end_lineno or first.lineno) + 1)


def parse(path: str, text: str) -> Source:
    is_python = path.endswith(".py")
    return Source(path, text, ast.parse(text) if is_python else ast.Module([], []))


def read(path: Path) -> Source:
    return parse(path.relative_to(ROOT).as_posix(), path.read_text())


@cache
def product() -> tuple[Source, ...]:
    """The Python that is the product."""
    return (*map(read, sorted(ROOT.glob("kirana/**/*.py"))), *map(read, ROOT.glob("main.py")))


@cache
def templates() -> tuple[Source, ...]:
    found = [path for path in ROOT.glob("kirana/**/templates/**/*") if path.is_file()]
    return tuple(map(read, sorted(found)))


@cache
def settings_of_the_build() -> tuple[Source, ...]:
    """Lock files, scripts and settings: where a download address could hide."""
    names = ["pyproject.toml", "Makefile", "up", ".ci/run", "requirements*.lock", "*.cfg", "*.ini"]
    return tuple(read(path) for name in names for path in sorted(ROOT.glob(name)))
