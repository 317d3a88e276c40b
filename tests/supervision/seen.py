"""Which processes belong to a test: those that carry its folder in their environment."""

import contextlib
import os
from pathlib import Path

MARK = "KIRANA_HOME"


def processes(home: Path) -> dict[int, list[str]]:
    """Every living process of ``home`` and its words, zombies left out."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                if f"{MARK}={home}".encode() in (entry / "environ").read_bytes().split(b"\0"):
                    words = (entry / "cmdline").read_bytes().decode().split("\0")
                    if any(words):  # a zombie has none
                        found[int(entry.name)] = words
    return found


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])


def named(home: Path, *wanted: str) -> list[int]:
    """The processes whose words hold all of ``wanted``, oldest first."""
    found = processes(home)
    return sorted(pid for pid, words in found.items() if set(wanted) <= set(words))


def leader(home: Path, *wanted: str) -> int:
    """The one among them that none of the others started."""
    found = named(home, *wanted)
    return next(pid for pid in found if parent_of(pid) not in found)
