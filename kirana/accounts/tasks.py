"""What is done about accounts without anybody asking."""

from kirana.accounts import services
from kirana.accounts.services.links import purge_links
from kirana.platform.celery import task


@task("upkeep.forget_sessions")
def forget_sessions() -> None:
    services.forget_sessions()


@task("upkeep.purge_links")
def purge() -> None:
    purge_links()
