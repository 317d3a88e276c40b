"""Carrying out what waits in the outbox."""

from kirana.mailing import delivery
from kirana.platform.celery import task


@task("mail.deliver")
def deliver(*row_ids: int) -> None:
    delivery.deliver_each(row_ids)


@task("mail.sweep")
def sweep() -> None:
    delivery.deliver_due()
