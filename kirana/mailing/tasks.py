"""Carrying out what waits in the outbox."""

from kirana.mailing import delivery
from kirana.platform.celery import task


@task("mail.deliver")
def deliver(row_id: int) -> None:
    delivery.deliver(row_id)


@task("mail.sweep")
def sweep() -> None:
    delivery.deliver_due()
