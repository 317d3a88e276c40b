"""All that a worker can be asked to do. Loaded by workers only: beat just names tasks."""

import gc

import kirana.accounts.tasks
import kirana.cart.tasks
import kirana.catalog.tasks
import kirana.check.tasks
import kirana.exports.tasks
import kirana.jobs.tasks
import kirana.mailing.tasks
import kirana.oversight.tasks
import kirana.pairs.tasks
import kirana.platform.tasks
import kirana.privacy.tasks
import kirana.reports.tasks
import kirana.search.tasks
import kirana.stock.tasks  # noqa: F401 - each import makes its tasks known
from kirana.platform import db
from kirana.platform.config import Settings
from kirana.wiring import prepare, wire


def prepare_worker(settings: Settings) -> None:
    """Wire the slices and have a database, before the pool is forked. Raises SettingsError."""
    wire(settings)
    prepare(settings)
    db.dispose()
    gc.collect()
    gc.freeze()  # so that the processes share the memory of what was loaded
