"""What is done about jobs without anybody asking."""

from kirana.jobs.services import purge_jobs
from kirana.platform.celery import task
from kirana.platform.config import load_settings


@task("upkeep.purge_jobs")
def purge() -> None:
    purge_jobs(load_settings().keep_jobs_days)
