"""SQLite's write-ahead log, kept short.

Whoever commits copies the log into the database file each thousand pages, but the log begins anew
only in a moment when nobody reads. A busy shop may have no such moment for hours: then one is made.
"""

from pathlib import Path

from sqlalchemy import make_url

from kirana.platform import db
from kirana.platform.config import Settings
from kirana.platform.engines import LONGEST_JOURNAL, WriteQueue

# How long writers and the running reads are waited for; who reads on for longer is left alone.
PATIENCE_MS = 2000


def length(settings: Settings) -> int:
    """Bytes of the log; 0 where there is none."""
    url = make_url(settings.database)
    if url.get_backend_name() != "sqlite" or not url.database:
        return 0
    log = Path(f"{url.database}-wal")
    return log.stat().st_size if log.exists() else 0


def shorten(settings: Settings) -> bool:
    """Empty a log that has grown long; whether that was done. Writers wait meanwhile."""
    if length(settings) <= LONGEST_JOURNAL:
        return False
    with WriteQueue(settings), db.reading() as connection:
        [before] = connection.exec_driver_sql("PRAGMA busy_timeout").one()
        connection.exec_driver_sql(f"PRAGMA busy_timeout={PATIENCE_MS}")
        try:
            [busy, _, _] = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
        finally:
            connection.exec_driver_sql(f"PRAGMA busy_timeout={before}")
        return not busy
