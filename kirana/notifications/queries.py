"""What the mails tell, read at the time of sending."""

from typing import Any

import msgspec
from sqlalchemy import Connection, Row, select

from kirana.accounts.link_queries import greeting
from kirana.accounts.models import Account, Approval
from kirana.jobs.models import Job
from kirana.orders.models import Charge, Order, OrderEvent, OrderGroup, OrderLine
from kirana.oversight.models import Incident
from kirana.payments.models import Payment
from kirana.platform.db import query
from kirana.reports.models import ReportDelivery
from kirana.stores.models import Store

Facts = Row[tuple[Any, ...]]


class OrderFacts(msgspec.Struct, frozen=True):
    """An order with its lines, its charges, and why it was cancelled if it was."""

    order: Any
    lines: list[Any]
    charges: list[Any]
    reason: str


@query
def get_order_facts(connection: Connection, order_id: int) -> OrderFacts:
    """Everything that the mails about an order show."""
    order = connection.execute(_ORDER.where(Order.id == order_id)).one()
    lines = connection.execute(
        select(
            OrderLine.title, OrderLine.size_text, OrderLine.unit, OrderLine.quantity,
            OrderLine.total_minor, OrderLine.tax_basis_points, OrderLine.tax_minor,
        )
        .where(OrderLine.order_id == order_id)
        .order_by(OrderLine.id)
    )  # fmt: skip
    charges = connection.execute(
        select(Charge.kind, Charge.label, Charge.amount_minor)
        .where(Charge.order_id == order_id)
        .order_by(Charge.id)
    )
    reason = connection.execute(
        select(OrderEvent.reason)
        .where(OrderEvent.order_id == order_id, OrderEvent.to_status == "cancelled")
        .order_by(OrderEvent.id.desc())
        .limit(1)
    ).scalar()
    return OrderFacts(order, list(lines), list(charges), reason or "")


@query
def get_application(connection: Connection, approval_id: int) -> Any:
    """An application with its applicant and, once approved, the store."""
    find = (
        select(
            Approval.wished_store, Approval.status, Approval.reason,
            Account.email, greeting().label("name"), Account.status.label("account_status"),
            Store.name.label("store"),
        )
        .join(Account, Account.id == Approval.account_id)
        .outerjoin(Store, Store.id == Approval.store_id)
        .where(Approval.id == approval_id)
    )  # fmt: skip
    return connection.execute(find).one()


@query
def get_person(connection: Connection, account_id: int) -> Any:
    """To whom a mail goes, and whether still."""
    columns = (
        Account.email, greeting().label("name"), Account.status, Account.wants_report,
        Account.verified_at, Account.zone, Account.erase_at, Account.role,
        Account.name.label("full_name"),
    )  # fmt: skip
    return connection.execute(select(*columns).where(Account.id == account_id)).one()


@query
def get_requester_id(connection: Connection, job_id: int) -> int:
    found: int = connection.execute(select(Job.requester_id).where(Job.id == job_id)).scalar_one()
    return found


@query
def get_reported_person(connection: Connection, delivery_id: int) -> int:
    find = select(ReportDelivery.account_id).where(ReportDelivery.id == delivery_id)
    found: int = connection.execute(find).scalar_one()
    return found


@query
def list_incidents(connection: Connection, first_id: int, last_id: int) -> list[Any]:
    """The incidents that one check opened and that are open still."""
    columns = (Incident.rule, Incident.rows_found, Incident.found_at)
    these = (Incident.id.between(first_id, last_id), Incident.status == "open")
    return list(connection.execute(select(*columns).where(*these).order_by(Incident.id)))


_ORDER = (
    select(
        Order.number, Order.placed_at, Order.total_minor, Order.tax_minor, Order.currency,
        Account.email, greeting().label("customer"), Account.status.label("account_status"),
        Store.name.label("store"), Store.zone, Store.street.label("store_street"),
        Store.city.label("store_city"), Store.phone.label("store_phone"),
        OrderGroup.name.label("recipient"), OrderGroup.street, OrderGroup.city,
        OrderGroup.postcode, OrderGroup.note, Payment.method,
    )
    .join(Account, Account.id == Order.account_id)
    .join(Store, Store.id == Order.store_id)
    .join(OrderGroup, OrderGroup.id == Order.group_id)
    .outerjoin(Payment, Payment.order_id == Order.id)
)  # fmt: skip
