"""The upkeep of the feed that indexes follow."""

from kirana.platform.celery import task
from kirana.search import services


@task("upkeep.forget_changes")
def forget_changes() -> None:
    services.forget_changes()
