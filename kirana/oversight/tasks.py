"""The sealing of the audit log, each minute."""

import logging

from sqlalchemy.exc import DBAPIError

from kirana.platform import audit_seal
from kirana.platform.celery import task
from kirana.platform.config import load_settings

logger = logging.getLogger("kirana.audit")


@task("audit.seal")
def seal() -> None:
    try:
        audit_seal.seal(audit_seal.seal_key(load_settings()))
    except DBAPIError as error:  # never a quiet moment; the next minute seals these rows too
        logger.warning("the audit log was not sealed: %s", error.orig)
