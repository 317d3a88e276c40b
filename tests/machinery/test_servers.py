"""The machinery itself: Valkey's moods, the guard's groups, the browser's page."""

import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import redis
from playwright.sync_api import Page

from tests.machinery import processes
from tests.machinery.valkey import Valkey


def test_valkey_is_stopped_and_comes_back_on_its_port(valkey: Valkey) -> None:
    valkey.stop()
    with pytest.raises(redis.ConnectionError):
        valkey.client().ping()
    valkey.restore()
    assert valkey.client().ping()


def test_valkey_hangs_when_paused(valkey: Valkey) -> None:
    valkey.client().set("a", 1)
    valkey.pause()
    with pytest.raises(redis.TimeoutError):
        valkey.client(0.2).get("a")
    valkey.resume()
    assert valkey.client().get("a") == b"1"


def test_each_test_finds_valkey_empty(valkey: Valkey) -> None:
    assert valkey.client().dbsize() == 0


def test_grandchildren_go_with_the_group(tmp_path: Path) -> None:
    script = "import subprocess, time; subprocess.Popen(['sleep', '60']); time.sleep(60)"
    process = processes.Process("parent", [sys.executable, "-c", script], tmp_path / "log")
    process.start()
    processes.wait_until(lambda: processes.descendants(process.pid), 5, "a grandchild")
    below = processes.descendants(process.pid)
    process.stop()
    processes.wait_until(lambda: not any(map(_runs, below)), 5, "the grandchild's end")


def test_a_killed_run_leaves_no_grandchild() -> None:
    script = textwrap.dedent(
        """
        import pathlib, sys, tempfile, time
        from tests.machinery.processes import Process
        inner = "import subprocess, time; p = subprocess.Popen(['sleep', '60']);" \\
                "print(p.pid, flush=True); time.sleep(60)"
        log = pathlib.Path(tempfile.mkstemp()[1])
        process = Process("parent", [sys.executable, "-c", inner], log).start()
        while not log.read_text().strip():
            time.sleep(0.02)
        print(process.pid, log.read_text().strip(), log, flush=True)
        time.sleep(60)
        """
    )
    run = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None
    parent, child, log = run.stdout.readline().split()
    run.send_signal(signal.SIGKILL)
    run.wait()
    run.stdout.close()
    Path(log).unlink()
    processes.wait_until(lambda: not _runs(int(parent)), 5, "the parent's end")
    processes.wait_until(lambda: not _runs(int(child)), 5, "the grandchild's end")


def test_a_process_that_ends_by_itself_is_told_with_its_log(tmp_path: Path) -> None:
    process = processes.Process("wrong", [sys.executable, "-c", "1/0"], tmp_path / "log")
    with pytest.raises(processes.NotReady, match="ZeroDivisionError"):
        process.start().wait_until_ready(lambda: False, 10)
    process.stop()


def test_chromium_runs_scripts(page: Page) -> None:
    page.goto("data:text/html,<button onclick='this.textContent=6*7'>?</button>")
    page.click("button")
    assert page.text_content("button") == "42"


def _runs(pid: int) -> bool:
    """Whether the process is there and not merely waiting to be reaped."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"
