"""What the modules of the shop remember within one process, put back between tests."""

import importlib
from pathlib import Path
from typing import Any

from jinja2 import FileSystemBytecodeCache

from kirana.platform import freshness, limits, wake
from kirana.platform.config import Settings
from kirana.platform.redis import Breaker


def forget() -> None:
    """Counts, versions and rests after failures are as in a process that has just started."""
    limits._breaker = Breaker()
    limits._local.storage.reset()
    freshness.forget()
    wake.on_wake(None)


def connect_slices(settings: Settings) -> None:
    """Every test finds the subscribers that the shop has; none of them wakes a worker."""
    importlib.import_module("kirana.wiring").wire(settings)
    wake.on_wake(None)


def make_app(settings: Settings, home: Path) -> Any:
    """A new application; its compiled templates are kept for the next one."""
    app = importlib.import_module("kirana.app").create_app(settings)
    folder = home / "templates"
    folder.mkdir(exist_ok=True)
    app.jinja_env.bytecode_cache = FileSystemBytecodeCache(str(folder))
    return app
