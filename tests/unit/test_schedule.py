"""What beat starts is what workers know."""

from pathlib import Path

import kirana.workload  # noqa: F401 - makes its tasks known
from kirana.platform.celery import configuration, make_celery
from kirana.platform.config import Settings
from tests.machinery.databases import SECRET


def test_every_scheduled_task_is_known(tmp_path: Path) -> None:
    settings = Settings(env="test", home=tmp_path, secret=SECRET)
    app = make_celery(lambda: settings)
    app.finalize()
    scheduled = {each["task"] for each in configuration(settings)["beat_schedule"].values()}
    assert "upkeep.release_holds" in scheduled
    assert scheduled <= set(app.tasks)
