"""All that a worker can be asked to do. Loaded by workers only: beat just names tasks."""

import kirana.exports.tasks
import kirana.platform.tasks
import kirana.reports.tasks  # noqa: F401 - each import makes its tasks known
from kirana.platform import db, migrations
from kirana.platform.config import Settings, SettingsError
from kirana.wiring import wire


def prepare_worker(settings: Settings) -> None:
    """Wire the slices and have the newest schema, before the pool is forked.

    Raises SettingsError outside development when the schema is another one.
    """
    wire(settings)
    if settings.env == "development":
        migrations.upgrade()
    elif not migrations.is_current():
        raise SettingsError("The database is not at this version's schema. Run: kirana upgrade")
    db.dispose()
