"""What the schedule does with accounts."""

from kirana.accounts import services
from kirana.platform.celery import task


@task("upkeep.forget_sessions")
def forget_sessions() -> None:
    services.forget_sessions()
