"""Ends what a killed test run left behind.

Runs as a process of its own and reads lines from the run: ``watch <pid> <signal>``,
``forget <pid>``, ``folder <path>``, ``unfolder <path>``. When the pipe closes, whatever the
reason, every group still watched is ended and every folder still named is removed.
"""

import contextlib
import os
import shutil
import signal
import sys
import time

GRACE_SECONDS = 3.0


def birth(pid: int) -> str:
    """When the process was started, or nothing where that cannot be told."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[19]
    except OSError:
        return ""


def send(pid: int, number: int, born: str) -> bool:
    """Signal the group that ``pid`` leads, unless the number belongs to another by now."""
    if birth(pid) not in ("", born):
        return False
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def end(watched: dict[int, tuple[int, str]]) -> None:
    alive = {pid for pid, (number, born) in watched.items() if send(pid, number, born)}
    deadline = time.monotonic() + GRACE_SECONDS
    while alive and time.monotonic() < deadline:
        time.sleep(0.05)
        alive = {pid for pid in alive if send(pid, 0, watched[pid][1])}
    for pid in alive:
        send(pid, signal.SIGKILL, watched[pid][1])


def main() -> None:
    watched: dict[int, tuple[int, str]] = {}
    folders: set[str] = set()
    for line in sys.stdin:
        word, _, rest = line.strip().partition(" ")
        if word == "watch":
            pid, number = map(int, rest.split())
            watched[pid] = (number, birth(pid))
        elif word == "forget":
            watched.pop(int(rest), None)
        elif word == "folder":
            folders.add(rest)
        elif word == "unfolder":
            folders.discard(rest)
    end(watched)
    for folder in folders:
        with contextlib.suppress(OSError):
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
