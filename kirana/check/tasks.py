"""The check in the worker: by night, and when the admin asks."""

from kirana.check import services
from kirana.oversight.services import RUN
from kirana.platform.celery import task
from kirana.platform.config import load_settings


@task("check.schedule")
def schedule() -> None:
    services.run_due(load_settings())


@task(RUN)
def run(job_id: int) -> None:
    services.run_job(job_id)


@task("check.sweep")
def sweep() -> None:
    services.resume_checks()
