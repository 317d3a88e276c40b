"""The machine's C compiler, for libraries that a test preloads into a process."""

import shutil
import subprocess
from pathlib import Path

ON_PATH = ("cc", "gcc", "clang")
LIBRARY = ("-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror")


def find_compiler() -> Path | None:
    """The first on PATH that also finds the headers of the C library."""
    found = (shutil.which(name) for name in ON_PATH)
    return next((Path(path) for path in found if path and _has_headers(path)), None)


def _has_headers(compiler: str) -> bool:
    tried = [compiler, "-fsyntax-only", "-include", "unistd.h", "-x", "c", "/dev/null"]
    return subprocess.run(tried, capture_output=True, check=False).returncode == 0


def compiler_version(compiler: Path) -> str:
    told = subprocess.run(
        [compiler, "--version"], capture_output=True, text=True, check=False
    ).stdout
    return told.partition("\n")[0].strip()


def build_library(compiler: Path, source: Path, target: Path) -> Path:
    """Compile one file to a library that can be preloaded."""
    libraries = ["-ldl", "-pthread"]
    subprocess.run([compiler, *LIBRARY, "-o", target, source, *libraries], check=True)
    return target
