"""Every table of the store in one metadata, for migrations and for ``kirana check``."""

import kirana.accounts.factor_models
import kirana.accounts.models
import kirana.cart.models
import kirana.catalog.models
import kirana.jobs.models
import kirana.lists.models
import kirana.orders.models
import kirana.oversight.models
import kirana.pairs.models
import kirana.payments.models
import kirana.platform.audit
import kirana.platform.audit_seal
import kirana.platform.idempotency
import kirana.platform.outbox
import kirana.platform.schedule
import kirana.reports.models
import kirana.reviews.models
import kirana.search.models
import kirana.stock.models
import kirana.stores.models  # noqa: F401 - each import adds its tables
from kirana.platform.tables import Model

metadata = Model.metadata
