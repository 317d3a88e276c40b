"""That what was deleted is gone from SQLite's files too."""

from kirana.platform.db import reading, require_no_transaction


def empty_log() -> None:
    """Let SQLite's log hold nothing of what was erased, unless somebody reads it just now."""
    require_no_transaction()
    with reading() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").all()
