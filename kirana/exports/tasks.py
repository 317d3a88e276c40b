"""Exports in the worker, on a queue of their own."""

from kirana.exports import services
from kirana.exports.files import exports_folder
from kirana.platform.celery import task
from kirana.platform.config import load_settings


@task(services.RUN)
def run(job_id: int) -> None:
    settings = load_settings()
    services.run_export(job_id, exports_folder(settings), settings.currency)


@task("export.sweep")
def sweep() -> None:
    services.resume_exports()


@task("export.expire")
def expire() -> None:
    services.expire_exports(exports_folder(load_settings()))
