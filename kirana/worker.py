"""The Celery application: ``celery -A main.celery worker`` and ``celery -A main.celery beat``.

Importing this opens nothing; the settings are read when Celery asks for them.
"""

import sys
from functools import lru_cache
from typing import Any

from celery.signals import worker_init, worker_process_init

import kirana.exports.tasks
import kirana.platform.tasks
import kirana.reports.tasks  # noqa: F401 - each import makes its tasks known
from kirana.platform import db, migrations
from kirana.platform.celery import make_celery
from kirana.platform.config import Settings, SettingsError, load_settings
from kirana.wiring import wire


@lru_cache(maxsize=1)
def _settings() -> Settings:
    try:
        return load_settings()
    except SettingsError as error:
        sys.exit(str(error))


celery = make_celery(_settings)


def _prepare(**_: Any) -> None:
    """Before the pool is forked: wire the slices, and have the newest schema."""
    settings = _settings()
    wire(settings)
    if settings.env == "development":
        migrations.upgrade()
    elif not migrations.is_current():
        sys.exit("The database is not at this version's schema. Run: kirana upgrade")
    db.dispose()


def _leave_parents_connections(**_: Any) -> None:
    db.dispose(close=False)


worker_init.connect(_prepare)
worker_process_init.connect(_leave_parents_connections)
