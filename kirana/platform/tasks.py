"""The tasks of the platform itself."""

from kirana.platform import idempotency, journal
from kirana.platform.celery import task
from kirana.platform.config import load_settings


@task("upkeep.purge_keys")
def purge_keys() -> None:
    idempotency.purge()


@task("upkeep.shorten_journal")
def shorten_journal() -> None:
    journal.shorten(load_settings())
