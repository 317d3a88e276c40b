"""Whatever is killed, nothing is left behind and everything comes back."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.machinery.processes import (
    Process,
    drop_folder,
    plain_environment,
    scratch_folder,
    wait_until,
)
from tests.machinery.shop import ROOT
from tests.supervision.seen import MARK, named, parent_of, processes

Start = Callable[..., "SmallShop"]


class SmallShop:
    """A running supervisor over the programs named."""

    def __init__(self, *wanted: str, stop_seconds: float = 4, **environ: str) -> None:
        self.home = scratch_folder("supervision")
        given = {MARK: str(self.home), "WANTED": ",".join(wanted), **environ}
        command = [sys.executable, "-m", "tests.supervision.small_shop", str(stop_seconds)]
        log = self.home / "log"
        self.process = Process("supervisor", command, log, ROOT, plain_environment() | given)
        self.process.start()

    def wait_for(self, text: str, count: int = 1, seconds: float = 10) -> None:
        def is_there() -> bool:
            return self.process.output().count(text) >= count

        wait_until(is_there, seconds, f"{text!r} in {self.process.output()}")

    def wait_until_gone(self, pids: list[int], seconds: float = 3) -> None:
        gone = lambda: not set(pids) & set(processes(self.home))  # noqa: E731
        wait_until(gone, seconds, f"{pids} end; there are {processes(self.home)}")

    @property
    def sleepers(self) -> list[int]:
        return named(self.home, "sleep", "987")

    @property
    def user(self) -> int:
        return parent_of(self.sleepers[0])


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[SmallShop] = []

    def start_one(*wanted: str, **given: object) -> SmallShop:
        started.append(SmallShop(*wanted, **given))  # type: ignore[arg-type]
        return started[-1]

    yield start_one
    for shop in started:
        shop.process.stop()
        drop_folder(shop.home)


def test_a_killed_program_takes_its_children_along_and_comes_back(start: Start) -> None:
    shop = start("server", "user")
    shop.wait_for("user starts")
    before = shop.sleepers
    os.kill(shop.user, signal.SIGKILL)
    shop.wait_until_gone(before)
    shop.wait_for("user    | ended with SIGKILL")
    shop.wait_for("user has ended and starts again in 0.5 s")
    shop.wait_for("user starts", 2)
    assert len(shop.sleepers) == 2
    assert shop.process.output().count("server starts") == 1


def test_a_killed_guard_takes_its_group_along(start: Start) -> None:
    shop = start("user")
    shop.wait_for("user starts")
    before = [*shop.sleepers, shop.user]
    os.kill(parent_of(shop.user), signal.SIGKILL)
    shop.wait_until_gone(before)
    shop.wait_for("user starts", 2)


@pytest.mark.parametrize("wait_seconds", [0.0, 0.05, 0.15, 0.4])
def test_a_killed_supervisor_leaves_no_process(start: Start, wait_seconds: float) -> None:
    shop = start("server", "user", "stubborn", "late")
    time.sleep(wait_seconds)  # at any instant, half-started ones too
    os.kill(shop.process.pid, signal.SIGKILL)
    assert shop.process.popen is not None
    shop.process.popen.wait(5)
    wait_until(lambda: not processes(shop.home), 3, f"an end of {processes(shop.home)}")


def test_the_stop_is_in_order_and_within_its_time(start: Start) -> None:
    shop = start("server", "user", "stubborn", "late", stop_seconds=1)
    for name in ("server", "user", "stubborn", "late"):
        shop.wait_for(f"{name} starts")
    began = time.monotonic()
    shop.process.signal(signal.SIGTERM)
    assert shop.process.popen is not None
    assert shop.process.popen.wait(5) == 0
    assert 0.9 < time.monotonic() - began < 3
    log = shop.process.output()
    assert log.index("user stops") < log.index("server stops")
    assert "stubborn| ended" not in log  # it had to be killed, with its guard
    assert not processes(shop.home)


def test_a_second_signal_stops_at_once(start: Start) -> None:
    shop = start("stubborn", stop_seconds=60)
    shop.wait_for("stubborn starts")
    shop.process.signal(signal.SIGINT)
    shop.wait_for("SIGINT: stopping")
    time.sleep(0.6)
    shop.process.signal(signal.SIGINT)
    assert shop.process.popen is not None
    assert shop.process.popen.wait(3) == 0
    assert not processes(shop.home)


def test_who_fails_again_waits_longer(start: Start) -> None:
    shop = start("broken", "missing")
    shop.wait_for("broken  | ended with status 3", 3)
    log = shop.process.output()
    for pause in ("0.5", "1", "2"):
        assert f"broken has ended and starts again in {pause} s" in log
    assert "missing | cannot be started: [Errno 2]" in log


def test_workers_wait_until_the_shop_answers(start: Start) -> None:
    shop = start("server", "late", READY="no")
    shop.wait_for("server starts")
    time.sleep(0.3)
    assert "late starts" not in shop.process.output()
    assert "Welcome" not in shop.process.output()
    other = start("server", "late")
    other.wait_for("late starts")
    other.wait_for("Welcome")


def test_a_terminal_that_is_gone_stops_nobody(tmp_path: Path) -> None:
    terminal = tmp_path / "terminal"
    os.mkfifo(terminal)
    program = [sys.executable, "-m", "tests.supervision.small_shop", "2"]
    command = ["/bin/sh", "-c", 'exec "$@" >"$0"', str(terminal), *program]
    given = {MARK: str(tmp_path), "WANTED": "user,broken"}
    process = Process("supervisor", command, tmp_path / "log", ROOT, plain_environment() | given)
    process.start()
    try:
        with terminal.open("rb") as reader:
            reader.readline()
        time.sleep(1)  # "broken" goes on being reported
        assert process.running
        assert len(named(tmp_path, "sleep", "987")) == 2
    finally:
        process.stop()
