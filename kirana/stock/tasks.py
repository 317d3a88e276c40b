"""What is done about stock without anybody asking."""

from kirana.platform.celery import task
from kirana.stock.services.holds import sweep_holds


@task("upkeep.release_holds")
def release() -> None:
    sweep_holds()
