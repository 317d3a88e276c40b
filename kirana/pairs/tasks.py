"""The night's count, by whichever worker is first."""

from kirana.pairs.services import count_night
from kirana.platform.celery import task
from kirana.platform.config import load_settings


@task("upkeep.count_pairs")
def count_pairs() -> None:
    count_night(load_settings())
