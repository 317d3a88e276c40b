"""What is done about accounts without anybody asking."""

from kirana.accounts.services.links import purge_links
from kirana.platform.celery import task


@task("upkeep.purge_links")
def purge() -> None:
    purge_links()
