"""The Celery application: ``celery -A main.celery worker`` and ``celery -A main.celery beat``.

Importing this opens nothing and loads no slice, which keeps beat small; the settings are read
when Celery asks for them, the tasks are loaded when a worker starts.
"""

import importlib
import sys
from functools import lru_cache
from typing import Any

from celery.signals import worker_init, worker_process_init

from kirana.platform.celery import make_celery
from kirana.platform.config import Settings, SettingsError, keep_private, load_settings

WORKLOAD = "kirana.workload"


@lru_cache(maxsize=1)
def _settings() -> Settings:
    keep_private()
    try:
        return load_settings()
    except SettingsError as error:
        sys.exit(str(error))


celery = make_celery(_settings)


def _prepare(**_: Any) -> None:
    try:
        importlib.import_module(WORKLOAD).prepare_worker(_settings())
    except SettingsError as error:
        sys.exit(str(error))


def _leave_parents_connections(**_: Any) -> None:
    importlib.import_module("kirana.platform.db").dispose(close=False)


worker_init.connect(_prepare)
worker_process_init.connect(_leave_parents_connections)
