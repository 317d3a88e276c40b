"""Carrying out what waits in the outbox."""

from kirana.mailing import delivery
from kirana.platform.celery import task


@task("mail.deliver")
def deliver(*row_ids: int) -> None:
    for row_id in row_ids:
        delivery.deliver(row_id)


@task("mail.sweep")
def sweep() -> None:
    delivery.deliver_due()
