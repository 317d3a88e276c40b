"""What is done about the catalogue without anybody asking."""

from kirana.catalog.services.plans import carry_out_due
from kirana.platform.celery import task


@task("catalog.carry_out_due")
def carry_out() -> None:
    carry_out_due()
