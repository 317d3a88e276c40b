"""A thread in each web process; the one whose process holds the lock of the host writes."""

import logging
import os
import threading
import time

from kirana.platform.config import Settings
from kirana.search import reading
from kirana.search.folder import Folder
from kirana.search.writing import Writer

logger = logging.getLogger("kirana.search")
STEP_SECONDS = 0.3
# How soon another process takes over from one that was killed.
TRY_SECONDS = 1.0
REST_SECONDS = 5.0


class Follower:
    """Follows in the background once it is woken; a fork begins anew."""

    def __init__(self, settings: Settings) -> None:
        self._path = settings.home / "search"
        self._database = settings.database
        self._process = 0

    def wake(self) -> None:
        """Called with each request: begins the thread in a process that has none yet."""
        if self._process == os.getpid():
            return
        self._process = os.getpid()
        threading.Thread(target=self._work, name="search", daemon=True).start()

    def _work(self) -> None:
        folder = Folder(self._path)
        writer = Writer(folder, self._database)
        while True:
            try:
                time.sleep(self._turn(folder, writer))
            except Exception:
                # Whatever it is: searches go on, and the next turn finds the index as it was.
                logger.exception("the search index was not kept up; trying again")
                time.sleep(REST_SECONDS)

    def _turn(self, folder: Folder, writer: Writer) -> float:
        """One look at the database, if this process is the one who writes; how long to rest."""
        if not folder.lock():
            return TRY_SECONDS
        writer.step()
        return STEP_SECONDS


def use(settings: Settings) -> None:
    """Read the index in the instance folder of ``settings``. Opens nothing; idempotent."""
    reading.use(settings.home / "search")
