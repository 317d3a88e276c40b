"""One's own data in the worker: files are written and let go, accounts end."""

from kirana.exports.files import exports_folder
from kirana.platform.celery import task
from kirana.platform.config import load_settings
from kirana.privacy.services import erasing, exporting
from kirana.stores.services.invitations import purge_invitations


@task(exporting.RUN)
def run(job_id: int) -> None:
    exporting.run_data_export(job_id, exports_folder(load_settings()))


@task("export.sweep_personal")
def sweep() -> None:
    exporting.resume_data_exports()


@task("export.expire_personal")
def expire() -> None:
    exporting.expire_data_exports(exports_folder(load_settings()))


@task("upkeep.erase")
def erase() -> None:
    erasing.erase_due(load_settings())
    purge_invitations()
