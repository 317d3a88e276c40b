"""What this machine has for the tests, and what it lacks."""

import os
import platform
import re
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kirana.platform import engines
from tests.machinery import browser, compiler, postgres, valkey

MINORS = (11, 12, 13, 14)
PYENV = Path("~/.pyenv/versions").expanduser()


@dataclass(frozen=True)
class Part:
    """One server or program; ``version`` is empty where the machine lacks it."""

    name: str
    version: str
    remedy: str


def in_ci() -> bool:
    return os.environ.get("CI", "").lower() in ("1", "true", "yes")


@cache
def parts() -> tuple[Part, ...]:
    cluster = postgres.find_programs()
    server = valkey.find_program()
    chromium = browser.find_chromium()
    cc = compiler.find_compiler()
    sqlite = ".".join(map(str, engines.sqlite_version()))
    return (
        Part("Python", platform.python_version(), ""),
        Part("SQLite", f"{sqlite}, journal {engines.sqlite_journal()}", ""),
        Part("PostgreSQL", cluster.version if cluster else "", "install postgresql, 15 or newer"),
        Part("Valkey", valkey.version_of(server) if server else "", "install valkey or redis"),
        Part(
            "Chromium", browser.chromium_version(chromium) if chromium else "", "install chromium"
        ),
        Part(
            "C compiler", compiler.compiler_version(cc) if cc else "", "install gcc and libc6-dev"
        ),
    )


def missing() -> list[Part]:
    return [part for part in parts() if not part.version]


def pythons() -> dict[int, Path]:
    """Each supported Python found: on PATH, among pyenv's, and the running one. By minor number."""
    found: dict[int, Path] = {own_minor(): Path(sys.executable)}
    folders = [Path(entry) for entry in os.environ.get("PATH", "").split(os.pathsep) if entry]
    for minor in MINORS:
        named = [folder / f"python3.{minor}" for folder in folders]
        named += sorted(PYENV.glob(f"3.{minor}.*/bin/python3.{minor}"))
        usable = next((path for path in named if _is_python(path, minor)), None)
        if usable is not None:
            found.setdefault(minor, usable)
    return dict(sorted(found.items()))


def own_minor() -> int:
    return sys.version_info.minor


def python_version(program: Path) -> str:
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    return told.stdout.strip().removeprefix("Python ")


def _is_python(program: Path, minor: int) -> bool:
    """Whether it runs, is what its name says, and can make environments with pip."""
    if not program.is_file():
        return False
    asked = [str(program), "-c", "import sys, venv, ensurepip; print(sys.version_info.minor)"]
    told = subprocess.run(asked, capture_output=True, text=True, check=False)
    return told.returncode == 0 and re.fullmatch(rf"{minor}\s*", told.stdout) is not None
