"""The admin's trigger of the monthly report."""

from typing import Annotated

import msgspec
from flask import Blueprint

from kirana.accounts.permissions import Permission
from kirana.platform.access import Actor
from kirana.platform.http import Answer, operation, requires
from kirana.platform.rows import existing
from kirana.platform.words import END
from kirana.reports import queries, services
from kirana.reports.errors import MonthNotOver
from kirana.reports.queries import MonthRun

api = Blueprint("api", __name__)
Month = Annotated[
    str, msgspec.Meta(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])" + END, examples=["2026-10"])
]


class MonthWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which month, as ``YYYY-MM``."""

    month: Month


@api.post("/reports/monthly")
@requires(Permission.WRITE_REPORTS)
@operation("sendMonthlyReports", status=202, raises=(MonthNotOver,), idempotency="accepted")
def send_monthly(actor: Actor, body: MonthWanted) -> Answer[MonthRun]:
    """Send the reports of a month that is over; each customer gets each month once."""
    run = services.request_month(actor, body.month)
    location = {"Location": f"/api/v1/reports/monthly/{run.month}"}
    return Answer(run, headers=location, status=200 if run.state == "done" else 202)


@api.get("/reports/monthly/<month>")
@requires(Permission.READ_REPORTS)
@operation("getMonthlyReports")
def get_monthly(actor: Actor, month: str) -> MonthRun:
    """How far the reports of a month are."""
    return existing(queries.find_month_run(actor, month))
