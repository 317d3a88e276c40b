"""The tasks of the platform itself."""

from kirana.platform import delivery, idempotency
from kirana.platform.celery import task


@task("mail.deliver")
def deliver(row_id: int) -> None:
    delivery.deliver(row_id)


@task("mail.sweep")
def sweep() -> None:
    delivery.deliver_due()


@task("upkeep.purge_keys")
def purge_keys() -> None:
    idempotency.purge()
