"""A shop that sells while every write and fsync of its database is recorded."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import msgspec

from tests.machinery.databases import SqliteSource, fast_folder
from tests.machinery.processes import plain_environment
from tests.survival.disk import Disk, Event, Files, read_events
from tests.survival.recorded import PROMISES, Promise

ROOT = Path(__file__).parents[2]
DATABASE = "kirana.sqlite3"


@dataclass(frozen=True)
class Recording:
    """All that the selling process did to its files, which began as ``start``."""

    folder: Path
    start: Files
    events: list[Event]

    @property
    def opening(self) -> int:
        """How many events it took to furnish the shop; cuts are made later."""
        told = (number for number, event in enumerate(self.events, 1) if _tells(event))
        return next(told)

    def promised_by(self, cut: int) -> list[Promise]:
        """What customers had been told when the power went."""
        told = b"".join(event.data for event in self.events[:cut] if _tells(event))
        return [msgspec.json.decode(line, type=Promise) for line in told.split()]

    def disk_at(self, cut: int) -> Disk:
        disk = Disk(self.start)
        for event in self.events[:cut]:
            disk.happen(event)
        return disk

    def found(self) -> Files:
        """The files as they are in truth."""
        path = self.folder / DATABASE
        names = (file.name.removeprefix(path.name) for file in self.folder.glob(f"{path.name}*"))
        kept = [name for name in names if name not in ("-shm", ".lock")]
        return {name: path.with_name(path.name + name).read_bytes() for name in kept}


def record(recorder: Path, source: SqliteSource, *pragmas: str) -> Recording:
    """Let a process sell; ``pragmas`` are set on each of its connections."""
    folder = fast_folder("recorded")
    database, log = folder / DATABASE, folder / "log"
    url = source.fresh(database)
    start = {"": database.read_bytes()}
    recording = {
        "LD_PRELOAD": str(recorder),
        "RECORDER_FILES": str(database),
        "RECORDER_LOG": str(log),
    }
    subprocess.run(
        [sys.executable, "-m", "tests.survival.recorded", url, *pragmas],
        cwd=ROOT,
        env=plain_environment() | recording,
        check=True,
    )
    return Recording(folder, start, read_events(log))


def _tells(event: Event) -> bool:
    return event.name == PROMISES and event.kind == "w"
