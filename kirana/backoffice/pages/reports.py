"""The admin's trigger of the monthly report."""

from datetime import timedelta

import msgspec
from flask import Response

from kirana.accounts.permissions import Permission
from kirana.backoffice.pages.blueprint import admin_page, pages
from kirana.backoffice.words import REPORT_WORDS, month_text
from kirana.platform import clock
from kirana.platform.errors import Conflict, Invalid
from kirana.platform.http import current_actor, requires
from kirana.platform.pages import Form, note, posted, see_other
from kirana.platform.shop_settings import settings
from kirana.reports.api import MonthWanted
from kirana.reports.queries import find_month_run
from kirana.reports.services import request_month

SHOWN_MONTHS = 6


@pages.get("/reports")
@requires(Permission.READ_REPORTS)
def reports() -> Response:
    """The last months and how far their reports are."""
    return _page(Form())


@pages.post("/reports")
@requires(Permission.WRITE_REPORTS)
def send_reports() -> Response:
    """Send a month's reports now; whoever has theirs gets no second one."""
    try:
        wanted = msgspec.convert({"month": posted(MonthForm).month}, MonthWanted)
        run = request_month(current_actor(), wanted.month)
    except msgspec.ValidationError:
        return _page(Form(errors={"month": "choose a month"}), 422)
    except (Invalid, Conflict) as error:
        return _page(Form(errors={"month": error.detail}), error.status)
    state = REPORT_WORDS[run.state].lower()
    note(f"Reports of {month_text(run.month)}: {state}.", "success")
    return see_other(".reports")


class MonthForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    month: str


def _page(form: Form, code: int = 200) -> Response:
    months = [
        {
            "month": month,
            "text": month_text(month),
            "run": find_month_run(current_actor(), month),
        }
        for month in _months()
    ]
    return admin_page("office/reports.html", code, months=months, form=form, words=REPORT_WORDS)


def _months() -> list[str]:
    first = clock.utc_now().astimezone(settings().tz).date().replace(day=1)
    found = []
    for _ in range(SHOWN_MONTHS):
        first = (first - timedelta(days=1)).replace(day=1)
        found.append(f"{first:%Y-%m}")
    return found
