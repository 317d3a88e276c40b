"""The sealing of the audit log, each minute."""

from kirana.platform import audit_seal
from kirana.platform.celery import task
from kirana.platform.config import load_settings


@task("audit.seal")
def seal() -> None:
    audit_seal.seal(audit_seal.seal_key(load_settings()))
