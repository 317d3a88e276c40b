"""Which mail is sent for what happened. Each builder reads what is true at the time of sending."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from kirana.accounts.house_rules import house_rules
from kirana.catalog.units import quantity_text
from kirana.exports.files import exports_folder
from kirana.exports.queries import get_download, is_still_theirs
from kirana.exports.services import KEPT
from kirana.mailing import delivery
from kirana.mailing.mail import Attachment, Message, SmtpGateway
from kirana.notifications import factor_mails, news, privacy_mails, queries, recovery
from kirana.notifications.incidents import incidents
from kirana.notifications.invitations import invitation
from kirana.notifications.month import present
from kirana.notifications.rendering import Letters, money_in
from kirana.platform.config import Settings
from kirana.platform.errors import ShopError
from kirana.pricing.tax import contained_label, is_included, tax_rows
from kirana.reports.queries import get_figures

Payload = dict[str, Any]
LARGEST_ATTACHMENT = 5 * 1024 * 1024
PAYMENTS = {"cash": "You pay in cash at the door."}


def register(settings: Settings) -> None:
    """Say how each kind of mail is built and where mail goes out. Opens nothing; idempotent."""
    letters = Letters(settings)
    for kind, build in BUILDERS.items():
        delivery.handler(kind, partial(build, letters))
    delivery.use_mailer(SmtpGateway(settings))


def order_confirmation(letters: Letters, payload: Payload) -> Message | None:
    return _about_order(letters, payload, "order_confirmation", "Your order {number} at {store}")


def order_cancelled(letters: Letters, payload: Payload) -> Message | None:
    return _about_order(letters, payload, "order_cancelled", "Order {number} is cancelled")


def manager_approved(letters: Letters, payload: Payload) -> Message | None:
    found = queries.get_application(payload["approval_id"])
    if found.account_status != "active":
        return None
    facts = {"name": found.name, "store": found.store, "url": letters.url("/office")}
    return letters.write("manager_approved", found.email, f"You now run {found.store}", facts)


def manager_rejected(letters: Letters, payload: Payload) -> Message | None:
    found = queries.get_application(payload["approval_id"])
    if found.account_status == "closed":
        return None
    facts = {
        "name": found.name,
        "wished_store": found.wished_store,
        "reason": found.reason,
        "url": letters.url("/sign-in"),
    }
    subject = f"About your application at {letters.settings.shop_name}"
    return letters.write("manager_rejected", found.email, subject, facts)


def export_ready(letters: Letters, payload: Payload) -> Message | None:
    """With the file, or with a link for who signs in when the file is large. None if it is gone."""
    person = queries.get_person(queries.get_requester_id(payload["job_id"]))
    if not is_still_theirs(payload["job_id"]):
        return None
    try:
        found = get_download(payload["job_id"])
    except ShopError:
        return None
    is_attached = found.bytes <= LARGEST_ATTACHMENT
    content = (exports_folder(letters.settings) / found.file).read_bytes() if is_attached else b""
    facts = {
        "store": found.store,
        "rows": f"{found.rows:,}",
        "size": f"{max(1, round(found.bytes / 1024)):,} KB",
        "moment": _moment(found.snapshot_at, found.zone),
        "filename": found.name,
        "attached": is_attached,
        "days": KEPT.days,
        "file_url": letters.url(f"/office/{found.store_slug}/exports/{found.uid}/file"),
        "office_url": letters.url("/office"),
        "sha256": found.sha256,
    }
    files = (Attachment(found.name, content),) if is_attached else ()
    subject = f"Products of {found.store} as CSV"
    return letters.write("export_ready", person.email, subject, facts, files)


def monthly_report(letters: Letters, payload: Payload) -> Message | None:
    person = queries.get_person(queries.get_reported_person(payload["delivery_id"]))
    is_confirmed = person.verified_at is not None or not house_rules().confirms_addresses
    if person.status != "active" or not person.wants_report or not is_confirmed:
        return None
    figures = get_figures(payload["delivery_id"])
    report = present(figures, person.full_name.partition(" ")[0])
    facts = {
        "report": report,
        "orders_url": letters.url("/orders"),
        "settings_url": letters.url("/account"),
    }
    subject = f"Your {report['month_name']} at {letters.settings.shop_name}"
    return letters.write("monthly_report", person.email, subject, facts)


BUILDERS: dict[str, Callable[[Letters, Payload], Message | None]] = {
    "order_confirmation": order_confirmation,
    "order_cancelled": order_cancelled,
    "manager_approved": manager_approved,
    "manager_rejected": manager_rejected,
    "export_ready": export_ready,
    "monthly_report": monthly_report,
    **recovery.BUILDERS,
    **news.BUILDERS,
    "factor_note": factor_mails.factor_note,
    **privacy_mails.BUILDERS,
    "invitation": invitation,
    "incidents": incidents,
}


def _about_order(letters: Letters, payload: Payload, template: str, subject: str) -> Message | None:
    found = queries.get_order_facts(payload["order_id"])
    if found.order.account_status == "closed":
        return None
    shown = _order(letters, found)
    return letters.write(template, found.order.email, subject.format_map(shown), {"order": shown})


def _order(letters: Letters, found: queries.OrderFacts) -> dict[str, Any]:
    order = found.order
    money = money_in(order.currency)
    address = (order.store, order.store_street, order.store_city, order.store_phone)
    return {
        "number": order.number,
        "customer": order.customer,
        "store": order.store,
        "store_line": ", ".join(part for part in address if part),
        "placed_on": _moment(order.placed_at, order.zone),
        "lines": [
            {
                "title": line.title,
                "size_text": line.size_text,
                "quantity": _quantity(line.quantity, line.unit),
                "total": money(line.total_minor),
            }
            for line in found.lines
        ],
        "charges": [{"label": x.label, "amount": money(x.amount_minor)} for x in found.charges],
        "total": money(order.total_minor),
        "taxes": [
            {"label": contained_label(row.basis_points), "amount": money(row.tax_minor)}
            for row in tax_rows(found.lines, included=True)
            if row.basis_points and is_included(found.charges)
        ],
        "payment": PAYMENTS.get(order.method, ""),
        "recipient": order.recipient,
        "street": order.street,
        "postcode": order.postcode,
        "city": order.city,
        "note": order.note,
        "reason": found.reason,
        "url": letters.url(f"/orders/{order.number}"),
    }


def _quantity(quantity: int, unit: str) -> str:
    return f"{quantity} ×" if unit == "each" else quantity_text(quantity, unit)


def _moment(moment: datetime, zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%-d %B %Y, %H:%M}"
