"""The monthly report, when it is due."""

from kirana.platform.celery import task
from kirana.platform.config import load_settings
from kirana.reports import services


@task("report.schedule")
def schedule() -> None:
    services.run_due(load_settings())


@task(services.RUN)
def run(run_id: int) -> None:
    services.run_month(services.period_of(run_id), load_settings())
