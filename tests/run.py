"""Run every test there is: ``python -m tests.run`` (that is ``make test``).

First the unit tests, then all others on both databases, then a quick set on every other Python
found. One PostgreSQL cluster serves the whole run. With CI=true nothing may be missing.
"""

# ruff: noqa: T201 - its output is what it is for

import argparse
import contextlib
import ctypes
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.machinery import inventory, postgres
from tests.machinery.processes import scratch_folder

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements-dev.lock"
TALLY = "KIRANA_TEST_TALLY"
REPEATS = "KIRANA_TEST_REPEATS"
UNIT_BUDGET_SECONDS = 5.0
NO_TESTS = 5
# What a further Python runs, so that the whole stays below ten minutes on two cores: the unit
# tests, and the way from a basket to an order.
SAMPLE = ("unit", "pricing", "cart", "checkout", "orders")
PROOFS = {"races": "tests/races", "hostile input": "tests/hostile", "survival": "tests/survival"}
QUIET = ["-q", "--tb=short", "-p", "no:cacheprovider"]
# Four workers for two cores: much of the time a test waits for a process, a mail or a page.
ON_TWO_CORES = ["-n", "4", "--dist", "loadscope", "--no-loadscope-reorder"]


@dataclass
class Run:
    """The steps so far: what they counted, and what went wrong."""

    paths: list[str]
    began: float = field(default_factory=time.monotonic)
    folder: Path = field(default_factory=lambda: scratch_folder("run"))
    counted: Counter[str] = field(default_factory=Counter)
    steps: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def step(self, title: str, python: Path, *options: str) -> float:
        """Run pytest once; tells how long it took."""
        tally = self.folder / "tally.json"
        tally.unlink(missing_ok=True)
        print(f"\n######## {title}", flush=True)
        began = time.monotonic()
        status = _pytest(python, {TALLY: str(tally)}, *options, *self.paths)
        seconds = time.monotonic() - began
        counted: Counter[str] = Counter()
        if tally.exists():
            counted.update(json.loads(tally.read_text()))
        self.counted += counted
        self.steps.append(f"{title}: {_in_words(counted)} in {seconds:.1f} s")
        narrowed_to_none = self.paths and status == NO_TESTS
        if status != 0 and not narrowed_to_none:
            self.faults.append(f"{title}: pytest ended with {status}")
        if not counted["passed"] and not narrowed_to_none:
            self.faults.append(f"{title}: no test passed")
        return seconds

    def close(self) -> int:
        """Print what happened, ending with a line such as pytest's own."""
        if not self.counted["passed"]:
            self.faults.append("no test passed at all")
        print("\n######## summary")
        for line in (*self.steps, *(f"FAULT {fault}" for fault in self.faults)):
            print(line)
        if self.faults and not self.counted["failed"] + self.counted["error"]:
            self.counted["failed"] += len(self.faults)
        words = f"{_in_words(self.counted)} in {time.monotonic() - self.began:.2f}s"
        print(f"{f' {words} ':=^80}", flush=True)
        return 1 if self.faults else 0


def _in_words(counted: Counter[str]) -> str:
    order = ("failed", "error", "passed", "skipped", "xfailed", "xpassed")
    words = [f"{counted[name]} {name}" for name in order if counted[name]]
    return ", ".join(words) or "0 passed"


def _pytest(python: Path, extra: dict[str, str], *options: str) -> int:
    child = subprocess.Popen(
        [python, "-m", "pytest", *QUIET, *options],
        cwd=ROOT,
        # Compiled test modules are kept, whatever the caller's habit: each step reads them again.
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "", **extra},
        stdin=subprocess.DEVNULL,
        preexec_fn=_end_with_parent,
    )
    try:
        return child.wait()
    except BaseException:
        child.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(15)
        child.kill()
        raise


def _end_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


@contextlib.contextmanager
def _cluster_for_all() -> Iterator[None]:
    """Start PostgreSQL once; every pytest of the run finds it by its address."""
    programs = postgres.find_programs()
    if programs is None:
        yield
        return
    cluster = postgres.start_cluster(programs)
    os.environ[postgres.ADDRESS] = str(cluster.folder)
    try:
        yield
    finally:
        cluster.stop()


def _environment_for(minor: int, python: Path) -> Path:
    """An environment with the locked packages for another Python; made again when they change."""
    folder = ROOT / f".venv-3.{minor}"
    program = folder / "bin" / "python"
    stamp = folder / "lock.sha256"
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != wanted:
        subprocess.run([python, "-m", "venv", "--clear", folder], check=True)
        install = ["install", "-qq", "--no-compile", "--require-hashes", "-r", str(LOCK)]
        subprocess.run([program, "-m", "pip", *install], check=True)
        stamp.write_text(wanted)
    return program


def _everything(run: Run) -> None:
    mine = Path(sys.executable)
    own = inventory.own_minor()
    seconds = run.step(f"unit tests, Python 3.{own}", mine, "-m", "unit")
    if seconds > UNIT_BUDGET_SECONDS:
        run.steps.append(f"  the unit tests took more than {UNIT_BUDGET_SECONDS:g} s")
    run.step(f"all others, Python 3.{own}", mine, "-m", "not unit and not alone", *ON_TWO_CORES)
    run.step(f"what measures time, Python 3.{own}", mine, "-m", "alone")
    for minor, python in inventory.pythons().items():
        if minor != own:
            _quick_set(run, minor, python)


def _quick_set(run: Run, minor: int, python: Path) -> None:
    title = f"unit and slice tests on SQLite, Python 3.{minor}"
    try:
        program = _environment_for(minor, python)
    except subprocess.CalledProcessError as error:
        run.faults.append(f"{title}: no environment: {error}")
        return
    folders = [] if run.paths else [f"tests/{name}" for name in SAMPLE]
    run.step(title, program, "-m", "quick", "--databases", "sqlite", *ON_TWO_CORES, *folders)


def _proof(run: Run, repeats: int) -> None:
    """The races, the hostile tests and those of survival, long; ``paths`` narrows that down."""
    os.environ[REPEATS] = str(repeats)
    own, wanted = inventory.own_minor(), run.paths
    for title, folder in PROOFS.items():
        run.paths = wanted or [folder]
        # One by one onto two cores: each race is alone with its database in its worker.
        run.step(f"{title} × {repeats}, Python 3.{own}", Path(sys.executable), "-n", "2")
        if wanted:
            return


def _announce(run: Run) -> None:
    for minor, python in inventory.pythons().items():
        print(f"Python 3.{minor}: {inventory.python_version(python)} ({python})")
    for part in inventory.parts():
        print(f"{part.name}: {part.version or f'MISSING ({part.remedy})'}")
    for part in inventory.missing():
        run.steps.append(f"{part.name} is MISSING: {part.remedy}")
        if inventory.in_ci():
            run.faults.append(f"{part.name} may not be missing with CI=true")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.run", description=__doc__)
    parser.add_argument("--proof", action="store_true", help="races, hostile tests, survival, long")
    parser.add_argument("paths", nargs="*", help="only these files or folders")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    run = Run(given.paths)
    _announce(run)
    with _cluster_for_all():
        if given.proof:
            _proof(run, 20)
        else:
            _everything(run)
    return run.close()


if __name__ == "__main__":
    sys.exit(main())
