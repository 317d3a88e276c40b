"""A supervisor over small programs: ``python -m tests.supervision.small_shop <seconds to stop>``.

``server`` serves the others, ``user`` has two children of its own, ``stubborn`` heeds no SIGTERM,
``broken`` ends at once, ``missing`` cannot be started.
"""

import os
import sys

from kirana.supervisor import loop
from kirana.supervisor.children import say
from kirana.supervisor.guard import Program

CRIES = "trap 'echo {0} stops; exit 0' TERM; echo {0} starts; "
WAITS = "while :; do sleep 0.05; done"
SCRIPTS = {
    "server": (CRIES.format("server") + WAITS, 0),
    "user": ("sleep 987 & sleep 987 & " + CRIES.format("user") + WAITS, 1),
    "stubborn": ("trap '' TERM; echo stubborn starts; " + WAITS, 1),
    "broken": ("exit 3", 1),
    "late": ("echo late starts; exec sleep 987", 2),
}


def programs() -> list[Program]:
    wanted = os.environ["WANTED"].split(",")
    found = [
        Program(name, ["/bin/sh", "-c", SCRIPTS[name][0]], dict(os.environ), SCRIPTS[name][1])
        for name in wanted
        if name in SCRIPTS
    ]
    if "missing" in wanted:
        found.append(Program("missing", ["/nowhere/at/all"]))
    return found


if __name__ == "__main__":
    seconds = float(sys.argv[1])
    loop.STOP_SECONDS.update({0: seconds * 2, 1: seconds, 2: seconds})
    is_ready = os.environ.get("READY", "yes") == "yes"
    loop.Supervisor(programs(), lambda: is_ready, lambda: say("", "Welcome")).run()
